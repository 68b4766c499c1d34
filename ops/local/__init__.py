"""The local stack: PostgreSQL, Kafka and every process of ours on one machine."""
