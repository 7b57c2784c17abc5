"""Tags for templates of other apps."""
