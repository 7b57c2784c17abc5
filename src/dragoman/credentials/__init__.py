"""Who may ask: secrets and what they are worth, followed from the database into memory."""
