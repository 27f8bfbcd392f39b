"""State changes of the studio."""
