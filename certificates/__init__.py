"""Certificates: issue, typeset, verify."""
