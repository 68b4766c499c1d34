"""The views, compared with the fold of the log."""
