"""Pages of those who learn."""
