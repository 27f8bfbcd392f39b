"""Course packages: read what an agency uploaded, and say what is wrong with it."""
