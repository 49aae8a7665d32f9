"""Scores that say how they were measured: features -> statistics -> value, each step usable alone."""
