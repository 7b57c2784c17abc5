"""Versions of the schema: random histories, each step, each refusal."""
