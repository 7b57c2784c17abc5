"""Usage of applications and keys, and of everything for operators."""
