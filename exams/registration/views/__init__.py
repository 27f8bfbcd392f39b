"""Pages of registration, by subject."""
