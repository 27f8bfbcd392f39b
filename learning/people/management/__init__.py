"""Management of persons."""
