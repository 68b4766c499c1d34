"""`rebuild`: a view made anew beside the one that is read, compared with it, and switched to."""
