"""The control plane: the Developer Room, and everything about people, applications and keys; the only home of Django."""
