"""Pages of the knowledge tests, by who uses them."""
