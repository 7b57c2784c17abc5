"""Editions: immutable compiled snapshots of what is published, built aside and swapped atomically."""
