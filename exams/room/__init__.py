"""Exam day in a room: check-in, the live console, what invigilators may do."""
