"""Pages of the exam room."""
