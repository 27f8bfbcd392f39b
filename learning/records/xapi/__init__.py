"""The xAPI specification as pure functions: no Django, no database, no clock.

Clauses are those of xAPI 1.0.3 ("Data 2.4.2" is part two, "Communication 2.1" part three); what only
IEEE 9274.1.1 (xAPI 2.0) says is marked with its number there.
"""
