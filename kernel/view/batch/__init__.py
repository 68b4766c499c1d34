"""One fetched batch on its way into the rows of one view."""
