"""Where records come from: databases, files, functions."""
