"""Courses on partners' platforms: how learners get there, and how what they did comes back."""
