"""Customers as they were: folded from the journal, what made a value, and what changed between two times."""
