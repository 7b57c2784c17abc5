"""People: accounts, how they sign in, what they agreed to, and their own pages."""
