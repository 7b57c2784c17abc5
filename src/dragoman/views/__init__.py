"""What turns one record into bytes, once: its language, its version, its selection of fields."""
