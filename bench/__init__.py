"""Measurements: the server's CPU per answer against nginx, publishing at scale, and the read path by itself."""
