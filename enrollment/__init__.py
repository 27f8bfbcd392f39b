"""Rounds, enrolments, completion and what follows from it."""
