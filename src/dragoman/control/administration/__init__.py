"""What operators do: bans, blocks, limits, switches, answers to requests; and the log of all of it."""
