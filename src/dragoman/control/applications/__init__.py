"""What developers build: applications, who works on them, and the secrets that prove them."""
