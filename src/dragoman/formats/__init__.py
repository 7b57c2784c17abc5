"""Records as bytes and bytes as records: what is read from bodies, what is written to answers."""
