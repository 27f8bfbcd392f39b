"""Pages about persons, cut by subject."""
