"""Doing long operations: processes that claim them, run them in threads, and end them once."""
