"""Lists of persons: read from a file, checked, imported, undone, exported."""
