"""Knowledge tests and agency-supported sittings."""
