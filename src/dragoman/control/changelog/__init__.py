"""What changed in the schema of what is published, which versions of it are supported, and who still uses which are not."""
