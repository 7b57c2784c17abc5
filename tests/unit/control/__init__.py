"""The control plane from within."""
