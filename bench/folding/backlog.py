"""A backlog of events: 80 % facts about a contact of one line each, 20 % purchases of several lines.

The facts are those of which a customer's page is made: interactions (with what was said, sealed), consents and
preferences. For all views some names are corrected as well, whose personal part a view opens. Every record is
what the relay would have written: the same envelope, positions without gaps, on the contact's own partition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID, uuid5

from bench.calling.interactions import ORG, SUBJECT, SUMMARY
from kernel.ids import new_id
from kernel.log import envelope
from kernel.log.envelope import schema_name, sealed_text, sequence
from kernel.log.facts import Event, encode, service_of, type_of
from kernel.log.partitions import partition_of
from kernel.log.reader import envelope_of
from kernel.settings import Settings
from kernel.vault.events import person_of, seal_personal
from kernel.vault.sealing import Key
from kernel.vault.vault import Vault
from services.contacts import events as contacts
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.words import Channel, Name
from services.sales.events import PurchaseLine, PurchaseRecorded

CUSTOMERS = 10_000
PURCHASES = 0.2
NAMES = 0.1
"""Of the facts about contacts, where all views are to be filled."""
CATEGORIES, BRANDS = 100, 50
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Record(NamedTuple):
    """One record of a topic."""

    key: bytes
    value: bytes
    timestamp: int


Place = tuple[str, int]
"""Service, partition."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records by place, in the order of their positions; and how many events there are."""

    records: dict[Place, list[Record]]

    @property
    def events(self) -> int:
        return sum(map(len, self.records.values()))

    def of(self, service: str) -> int:
        """The events of one service."""
        return sum(len(found) for (name, _), found in self.records.items() if name == service)


async def make(settings: Settings, events: int, lines: int, names: bool = False) -> Backlog:
    """A backlog for the views of these settings, whose vault gets the keys."""
    customers = [uuid5(ORG, f"customer {number}") for number in range(CUSTOMERS)]
    vault = await Vault.open(settings)
    try:
        keys = await vault.keys(ORG, customers, create=True)
    finally:
        await vault.close()
    maker = _Maker(Random(events), customers, keys, lines, NAMES if names else 0.0)
    for _ in range(events):
        maker.make_one()
    return Backlog(dict(maker.records))
