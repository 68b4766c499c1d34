"""The partition of a stream is Kafka's own, and never changes."""

from uuid import UUID

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis.strategies import uuids

from kernel.log.partitions import PARTITIONS, partition_of

KAFKA_VECTORS = {  # org.apache.kafka.common.utils.UtilsTest.testMurmur2
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}

GOLDEN = {
    UUID(int=0): 9,
    UUID("01890a5d-ac96-774b-bcce-b302099a8057"): 1,
    UUID("ffffffff-ffff-ffff-ffff-ffffffffffff"): 6,
}


@pytest.mark.parametrize(("text", "signed"), KAFKA_VECTORS.items())
def test_the_hash_is_kafkas(text: bytes, signed: int):
    assert murmur2(text) & 0xFFFFFFFF == signed & 0xFFFFFFFF


@pytest.mark.parametrize(("key", "partition"), GOLDEN.items())
def test_a_key_keeps_its_partition_for_life(key: UUID, partition: int):
    assert partition_of(key) == partition


def test_keys_spread_over_all_partitions():
    assert {partition_of(UUID(int=n)) for n in range(1000)} == set(range(PARTITIONS))


@given(uuids())
def test_the_partition_is_the_one_that_kafkas_clients_choose(key: UUID):
    assert partition_of(key) == (murmur2(str(key).encode("ascii")) & 0x7FFFFFFF) % PARTITIONS
