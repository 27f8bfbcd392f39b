"""Every change of state."""
