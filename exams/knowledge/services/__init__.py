"""Every state change of the knowledge tests, by subject."""
