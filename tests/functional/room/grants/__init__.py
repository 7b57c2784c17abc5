"""Sign-in to applications, over HTTP, on both databases."""
