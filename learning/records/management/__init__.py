"""Management of the record store."""
