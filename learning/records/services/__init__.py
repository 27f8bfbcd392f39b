"""What the record store does."""
