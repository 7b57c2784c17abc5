"""The steps by which the tables of this app came to be."""
