"""A version of a view filled from the log's beginning, beside the one that is read."""
