"""The agency studio: courses are built, reviewed by named persons, and published."""
