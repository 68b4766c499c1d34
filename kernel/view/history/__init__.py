"""Views as they were: the same folds over the events that the log knew by a given time."""
