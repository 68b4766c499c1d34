"""What a stranger puts on a topic: repeats, repeats in the wrong order, and what must never be there."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.faults.heads import pool, takers
from bench.faults.loading.load import Load
from bench.faults.operator import ask, begin, listed
from bench.faults.oracle import Fault, Injecting
from bench.faults.system import System, until
from kernel.log.envelope import Envelope, read, write
from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.log.topics import topic
from kernel.stopping import stopped
from ops.local.supervising import readiness
from ops.verify.log import store

SERVICE, RELAY = "contacts", "contacts_relay"

LAST = 30
"""Records at each partition's end that are repeated."""

Record = tuple[int, bytes | None, bytes]
"""Partition, key, value."""


async def _repeats(system: System, load: Load, random: Random) -> int:
    """The last records of every partition once more, as they are."""
    records = await _last_records(system)
    await _put(system, records)
    return len(records)


async def _repeats_reversed(system: System, load: Load, random: Random) -> int:
    """The last records of every partition once more, the latest first."""
    records = await _last_records(system)
    await _put(system, records[::-1])
    return len(records)


async def _poison(system: System, load: Load, random: Random) -> int:
    """What is no event: everybody parks it and goes on; the operator drops it, and cleans the topic."""
    await _put(system, [(random.randrange(PARTITIONS), None, random.randbytes(40))])

    readers = await takers(system.settings, SERVICE)

    async def parked() -> bool:
        return readers <= {event["taker"] for event in (await listed(system))["events"]}

    await until("everybody has parked the record", parked)
    await load.more(40)
    for event in (await listed(system))["events"]:
        await ask(await begin(system, "parked", "drop", event["number"], "--reason", "no event of ours"))
    await _republish(system)
    return 1


def _in_the_relays_place(*after: int) -> Injecting:
    """The relay stands still, and the events that come so many after the last are put on the topic."""

    async def inject(system: System, load: Load, random: Random) -> int:
        relay = system.programs[RELAY]
        relay.stop()
        try:
            partition, events = await _next_events(system, max(after))
            strange = [events[number - 1] for number in after]
            key = [str(event.partition_key).encode() for event in strange]
            await _put(system, [(partition, k, write(event)) for k, event in zip(key, strange, strict=True)])
            await until("the worker tells of the gap", lambda: _alarm(system))
        finally:
            relay.go_on()
        await load.more(20)
        await _republish(system)
        return 1

    return inject


async def _next_events(system: System, many: int) -> tuple[int, Sequence[Envelope]]:
    """A partition with so many events that are not on the topic yet, and those."""
    last = {n: 0 for n in range(PARTITIONS)}
    for partition, _, value in await _last_records(system):
        last[partition] = max(last[partition], read(value).position)
    found: dict[int, Sequence[Envelope]] = {}

    async def there() -> bool:
        async with pool(system.settings, SERVICE) as db:
            for partition, position in last.items():
                events = await read_partition(db, SERVICE, partition, position, many)
                if position and len(events) == many:
                    found[partition] = [envelope for _, envelope in events]
        return bool(found)

    await until("there are events that are not published", there)
    return next(iter(found.items()))


async def _alarm(system: System) -> bool:
    """Whether the worker says that a record is missing."""
    (answer,) = (await readiness.ask({"worker": system.settings.port["worker"]})).values()
    return "gap" in answer.body.get("degraded", {})


async def _republish(system: System) -> None:
    document = await ask(await begin(system, "republish", SERVICE))
    await ask(await begin(system, "republish", SERVICE, "--drop", str(document["generation"] - 1)))


async def _topic(system: System) -> str:
    async with pool(system.settings, SERVICE) as db:
        generation, _ = await store.marks(db)
    return topic(system.settings, SERVICE, generation)


async def _last_records(system: System) -> list[Record]:
    """The last ones of every partition, ascending in each."""
    name = await _topic(system)
    consumer = AIOKafkaConsumer(bootstrap_servers=system.settings.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        for place, end in ends.items():
            consumer.seek(place, max(0, end - LAST))
        found: list[Record] = []
        while left := [place for place in places if await consumer.position(place) < ends[place]]:
            for place, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                found += [(place.partition, record.key, record.value) for record in records]
        return found
    finally:
        await stopped(consumer.stop())


async def _put(system: System, records: Sequence[Record]) -> None:
    """Puts them on the topic, one after the other."""
    producer = AIOKafkaProducer(bootstrap_servers=system.settings.kafka, acks="all")
    await producer.start()
    try:
        name = await _topic(system)
        for partition, key, value in records:
            await producer.send_and_wait(name, value, key, partition)
    finally:
        await stopped(producer.stop())


FAULTS = (
    Fault("records repeated on a topic", _repeats),
    Fault("records repeated on a topic in the wrong order", _repeats_reversed),
    Fault("a reordered pair on a topic", _in_the_relays_place(2, 1)),
    Fault("a gap on a topic", _in_the_relays_place(2)),
    Fault("a poison record on a topic", _poison),
)
