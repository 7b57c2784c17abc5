"""The showcase: applications whose owners agree to show them, once an operator has approved (L22)."""
