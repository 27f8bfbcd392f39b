"""Assembled papers."""
