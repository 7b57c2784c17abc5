"""What was asked, by whom and how it went: counted in memory, kept in a database of its own, and read from there."""
