"""Learning records: a complete xAPI Learning Record Store, and the outbox that feeds it."""
