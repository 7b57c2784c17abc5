"""The drift lock: what was published, kept beside the catalog, and what became of it since (`dragoman check`)."""
