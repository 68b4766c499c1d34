"""A log that grows: contacts of ten events each, appended by one process with 64 commands waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid5

import uvloop

from bench.calling.interactions import ORG, SUBJECT
from bench.folding.backlog import FACTS
from bench.workers import own_memory_mb
from kernel.ids import new_id
from kernel.log.facts import Event, encode
from kernel.log.store import Store
from kernel.log.store.append import Append, Appended, NewEvent, Write
from kernel.settings import Settings
from kernel.vault.events import seal_personal
from kernel.vault.sealing import Key
from kernel.vault.vault import Vault
from services.contacts import events as contacts
from services.contacts.events.words import ContactKind, Name

EVENTS_EACH = 10
WAITING = 64
KEYS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Grown:
    """What one growth took."""

    seconds: float
    memory_mb: float


def contact_id(number: int) -> UUID:
    return uuid5(ORG, f"customer {number}")


def grow(settings: Settings, first: int, last: int) -> Grown:
    """Appends the events of these contacts, numbered from `first` to before `last`."""
    return uvloop.run(_grow(settings, first, last))


async def _grow(settings: Settings, first: int, last: int) -> Grown:
    store, vault = await Store.open(settings, "contacts"), await Vault.open(settings)
    seconds = 0.0
    for begin in range(first, last, KEYS_AT_ONCE):
        ids = [contact_id(number) for number in range(begin, min(last, begin + KEYS_AT_ONCE))]
        keys = await vault.keys(ORG, ids, create=True)
        left, started = iter(keys.items()), time.perf_counter()
        async with asyncio.TaskGroup() as clients:
            for _ in range(WAITING):
                clients.create_task(_client(store, left))
        seconds += time.perf_counter() - started
    await vault.close()
    await store.close()
    return Grown(seconds, own_memory_mb())


async def _client(store: Store, left: Iterator[tuple[UUID, Key]]) -> None:
    for contact, key in left:
        for version, event in enumerate(_story(contact)):
            assert isinstance(await store.append(_command(contact, key, version, event)), Appended)


def _story(contact: UUID) -> Iterator[Event]:
    random = Random(contact.int)
    name = Name(given="Anna", family=f"Gruber {random.randrange(1_000)}")
    yield contacts.ContactRegistered(
        contact_id=contact,
        kind=ContactKind.PERSON,
        personal=contacts.ContactRegistered.Personal(name=name),
    )
    for _ in range(EVENTS_EACH - 1):
        yield random.choice(FACTS)(random, contact)


def _command(contact: UUID, key: Key, version: int, event: Event) -> Append:
    cls, event_id = type(event), new_id()
    data, personal = encode(event)
    if personal is not None:
        personal = seal_personal(key, cls, personal, event_id, contact, version + 1)
    new = NewEvent(event_id, cls.__name__, cls.version, data, personal, datetime.now(UTC))
    return Append(
        org_id=ORG,
        caller=SUBJECT,
        key=str(event_id),
        digest=b"0123456789abcdef",
        correlation_id=event_id,
        writes=(Write(contact, "contact", contact, version, (new,)),),
    )
