"""A backlog of records as the relay would have written them.

80 % are facts about a contact of one line each: interactions (with what was said, sealed), consents and
preferences, of which a customer's page is made; 20 % are purchases of several lines. Where all views are to
be filled some names are corrected too, and views open them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from bench.calling.interactions import ORG, SUBJECT
from bench.folding import events
from bench.folding.events import BEGAN, Making
from kernel.ids import new_id
from kernel.log import envelope
from kernel.log.facts import Event, encode, service_of
from kernel.log.partitions import partition_of
from kernel.log.reader import envelope_of
from kernel.settings import Settings
from kernel.taking.checkpoints import Place
from kernel.vault.events import person_of, seal_personal
from kernel.vault.sealing import Key
from kernel.vault.vault import Vault

CUSTOMERS = 10_000
CUSTOMER_IDS = [uuid5(ORG, f"customer {number}") for number in range(CUSTOMERS)]

PURCHASES = 0.2
FACTS: tuple[Making, ...] = (events.interaction,) * 5 + (events.consent,) * 2 + (events.preference,)
WITH_NAMES: tuple[Making, ...] = (*FACTS, events.name)


class TopicRecord(NamedTuple):
    """One record of a topic; its time in milliseconds."""

    key: bytes
    value: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records by place, each place from position 1 on without a gap."""

    records: defaultdict[Place, list[TopicRecord]] = field(default_factory=lambda: defaultdict(list))

    @property
    def events(self) -> int:
        return sum(map(len, self.records.values()))

    def of(self, service: str) -> int:
        """The events of one service."""
        return sum(len(found) for (name, _), found in self.records.items() if name == service)


async def make(settings: Settings, size: int, lines: int, facts: tuple[Making, ...] = FACTS) -> Backlog:
    """`size` events of 10,000 contacts, whose keys the vault of these settings gets."""
    vault = await Vault.open(settings)
    keys = await vault.keys(ORG, CUSTOMER_IDS, create=True)
    await vault.close()
    maker = Maker(keys)
    maker.fill(Random(size), CUSTOMER_IDS, size, lines, facts)
    return maker.backlog


class Maker:
    """Numbers, seals and wraps events. What was taken out of its backlog stays counted."""

    def __init__(self, keys: Mapping[UUID, Key]) -> None:
        self.backlog = Backlog()
        self._keys = keys
        self._ends: defaultdict[Place, int] = defaultdict(int)
        self._versions: defaultdict[UUID, int] = defaultdict(int)

    def fill(
        self,
        random: Random,
        contacts: Sequence[UUID],
        size: int,
        lines: int,
        facts: Sequence[Making] = FACTS,
    ) -> None:
        """Adds `size` events of these contacts."""
        for _ in range(size):
            contact = random.choice(contacts)
            if random.random() < PURCHASES:
                self.add(events.purchase(random, contact, lines), contact, new_id())
            else:
                self.add(random.choice(facts)(random, contact), contact, contact)

    def add(self, event: Event, contact: UUID, stream: UUID) -> None:
        cls, service, partition = type(event), service_of(type(event)), partition_of(contact)
        place = service, partition
        self._ends[place] += 1
        position = self._ends[place]
        self._versions[stream] += 1
        event_id, version = new_id(), self._versions[stream]
        data, personal = encode(event)
        if personal is not None:
            personal = seal_personal(self._keys[person_of(event)], cls, personal, event_id, stream, version)
        at = BEGAN + timedelta(milliseconds=position)
        row = {
            "position": position,
            "org_id": ORG,
            "stream_id": stream,
            "version": version,
            "event_id": event_id,
            "type": cls.__name__,
            "schema_version": cls.version,
            "data": data,
            "personal": personal,
            "partition_key": contact,
            "actor": SUBJECT,
            "correlation_id": event_id,
            "causation_id": None,
            "trace": None,
            "origin": "live",
            "occurred_at": at,
            "recorded_at": at,
        }
        value = envelope.write(envelope_of(service, row))
        record = TopicRecord(str(contact).encode("ascii"), value, int(at.timestamp() * 1000))
        self.backlog.records[place].append(record)
