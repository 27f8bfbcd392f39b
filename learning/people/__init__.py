"""Persons, agencies, roles, consent."""
