"""A service's topic, read from its beginning and compared with the event table."""
