"""Keys and tokens that accounts make: shown once, kept as digests."""
