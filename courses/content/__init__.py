"""Packages as they are kept: uploaded, checked, unpacked, and served from an origin of their own."""
