"""Which partition a stream lives on: Kafka's own choice for its partition key."""

from functools import lru_cache
from struct import Struct
from uuid import UUID

PARTITIONS = 12
"""The same for every topic, and never changed: positions are counted per partition."""

_WORDS = Struct("<9I").unpack
_MIX = 0x5BD1E995
_SEED = 0x9747B28C
_32_BITS = 0xFFFFFFFF


@lru_cache(maxsize=8192)
def partition_of(key: UUID) -> int:
    """The partition (0 … 11) of a key: its lower-case text in ASCII, hashed as Kafka's clients do."""
    return (_murmur2(str(key).encode("ascii")) & 0x7FFFFFFF) % PARTITIONS


def _murmur2(text: bytes) -> int:
    """Kafka's murmur2 of 36 bytes, unsigned; that of aiokafka takes any length, and three times as long."""
    value = _SEED ^ 36
    for word in _WORDS(text):
        word = word * _MIX & _32_BITS
        value = (value * _MIX & _32_BITS) ^ ((word ^ word >> 24) * _MIX & _32_BITS)
    value = (value ^ value >> 13) * _MIX & _32_BITS
    return value ^ value >> 15
