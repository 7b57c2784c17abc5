"""Migrations of administration."""
