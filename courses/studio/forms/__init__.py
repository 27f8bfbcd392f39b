"""Forms of the studio; they only read what was typed."""
