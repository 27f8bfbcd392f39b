"""The seat service: sittings, clocks and the answer journal."""
