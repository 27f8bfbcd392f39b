"""Everything that changes what happens in an exam room, and finding who is to sit in it."""
