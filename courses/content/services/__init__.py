"""Services of kept packages."""
