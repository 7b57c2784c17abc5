"""Counting what callers ask."""
