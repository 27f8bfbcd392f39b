"""Every change of courses, their versions and curricula."""
