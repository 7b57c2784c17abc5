"""Long-running work: accepted before it is done, asked for by id."""
