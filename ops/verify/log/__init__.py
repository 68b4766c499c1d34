"""A service's log: its event table, its answers, and what its callers were told."""
