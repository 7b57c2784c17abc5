"""The Developer Room over HTTP: real servers, on SQLite and on PostgreSQL."""
