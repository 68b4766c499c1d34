"""Which partition a stream lives on: Kafka's own choice for its partition key."""

from uuid import UUID

from aiokafka.partitioner import murmur2

PARTITIONS = 12
"""The same for every topic, and never changed: positions are counted per partition."""


def partition_of(key: UUID) -> int:
    """The partition (0 … 11) of a partition key: its lower-case text in ASCII, hashed as Kafka's clients do."""
    return (murmur2(str(key).encode("ascii")) & 0x7FFFFFFF) % PARTITIONS
