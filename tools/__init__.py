"""Checks and helpers of the repository, run by make."""
