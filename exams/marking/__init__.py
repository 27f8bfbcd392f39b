"""Marking of closed sittings."""
