"""Taking a course: what a learner does in a version, unit by unit, and what is kept of it."""
