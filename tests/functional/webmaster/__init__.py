"""The webmaster dialect over real HTTP."""
