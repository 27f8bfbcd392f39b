"""Examinations and who sits where: rounds, centres, rooms, seats, candidates."""
