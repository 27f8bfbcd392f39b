"""The item bank."""
