"""Every state change of results, by subject."""
