"""Topics filled with a log that no store holds: put there directly, in the relay's own format and batches."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from functools import partial
from random import Random
from uuid import UUID, uuid5

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.calling.interactions import ORG
from bench.folding.backlog import Maker
from bench.folding.publishing import batches_of, producing, sent
from bench.workers import Workers
from kernel.ids import new_id
from kernel.log.partitions import PARTITIONS, partition_of
from kernel.log.topics import ensure_topic, topic
from kernel.settings import SERVICES, Settings
from kernel.vault.sealing import Key

LINES = 5
"""Of a purchase."""
AT_ONCE = 4_000
"""Events that are made before they are sent."""
EVENTS_EACH = 10
"""Of a customer."""


def load(settings: Settings, workers: Workers, events: int) -> None:
    """Fills the topics with so many events, 80 % facts of one line and 20 % purchases, by two processes."""
    parts = [range(first, PARTITIONS, 2) for first in range(2)]
    workers.run(*(partial(_load, settings, part, events) for part in parts))


def _load(settings: Settings, partitions: range, events: int) -> None:
    asyncio.run(_loaded(settings, partitions, events))


async def _loaded(settings: Settings, partitions: range, events: int) -> None:
    for service in SERVICES:
        await ensure_topic(settings, topic(settings, service, 1))
    contacts = _contacts(events // EVENTS_EACH)
    maker = Maker(one_key())
    async with producing(settings) as producer:
        for partition in partitions:
            random, left = Random(partition), share(events, partition)
            while left:
                maker.fill(random, contacts[partition], now := min(left, AT_ONCE), LINES)
                left -= now
                await sent(producer, batches_of(producer, settings, maker.backlog))
                maker.backlog.records.clear()


def share(events: int, partition: int) -> int:
    """How many of the events lie on this partition."""
    return events // PARTITIONS + (partition < events % PARTITIONS)


def _contacts(customers: int) -> dict[int, list[UUID]]:
    """So many contacts, by their partition, each of which has some."""
    found: defaultdict[int, list[UUID]] = defaultdict(list)
    for number in range(max(customers, 20 * PARTITIONS)):
        contact = uuid5(ORG, f"customer {number}")
        found[partition_of(contact)].append(contact)
    return found


def one_key() -> defaultdict[UUID, Key]:
    """The same for every contact: what is sealed is carried, and never opened."""
    key = Key(new_id(), 1, AESGCM(os.urandom(32)))
    return defaultdict(lambda: key)
