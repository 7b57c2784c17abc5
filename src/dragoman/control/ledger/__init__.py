"""What the data plane is told: one row a fact, written with whatever it is a fact of."""
