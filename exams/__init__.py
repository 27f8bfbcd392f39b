"""Examinations: item bank, papers, seat service, marking, knowledge tests."""
