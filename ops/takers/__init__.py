"""What takes the log, views and reactions: how far each is, what it has parked, and trying that again."""
