"""A Kafka of the stack's own: its jars and its one broker."""
