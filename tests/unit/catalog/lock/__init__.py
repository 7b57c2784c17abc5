"""The drift lock: what it holds, what it finds, and what it proposes."""
