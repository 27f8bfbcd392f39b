"""Bulk jobs over persons."""
