"""What takes the log, views and reactions: how far each is, and what it has parked."""
