"""Long operations as people see them: what they began, how far it is, why it failed, and the end of it."""
