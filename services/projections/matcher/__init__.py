"""The matcher: keeps what both sides of an agreement know of the same customers, as their persons are now."""
