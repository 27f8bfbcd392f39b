"""The resources of the specification over HTTP, as functions from a request to a reply."""
