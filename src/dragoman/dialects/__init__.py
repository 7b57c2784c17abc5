"""The wire conventions, each in a file or folder of its own, unaware of each other."""
