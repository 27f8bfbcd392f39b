"""Courses: catalogue, packages, agency studio, player."""
