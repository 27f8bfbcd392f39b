"""Every state change of examinations, rounds, rooms and candidates, by subject."""
