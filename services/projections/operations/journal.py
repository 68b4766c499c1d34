"""Every event as it was sealed, under each contact it speaks of: the source of timelines and explanations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kernel.aggregate import classes_of
from kernel.log.facts import Event
from kernel.taking.fact import Fact
from kernel.view.view import Key, View
from services.contacts import events as contacts
from services.partners.events import agreement as agreements
from services.partners.events import organisation as organisations
from services.sales import events as sales

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    service text NOT NULL,
    position bigint NOT NULL,
    partition smallint NOT NULL,
    stream_id uuid NOT NULL,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (org_id, subject_id, service, position, partition)
) WITH (toast_tuple_target = 8160);
CREATE INDEX {table}_time ON {table} (org_id, subject_id, occurred_at, service, partition, position)"""


class Entry(msgspec.Struct, frozen=True):
    """One event under one subject: a contact, or the stream itself where the event speaks of none."""

    subject_id: UUID
    service: str
    position: int
    stream_id: UUID | None = None
    type: str = ""
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    value: bytes = b""
    """The whole envelope; its personal part is sealed."""


def keys(fact: Fact[Any]) -> list[Key]:
    subjects = fact.event.subjects() or (fact.envelope.stream_id,)
    return [(subject, fact.service, fact.position) for subject in subjects]


def fold(row: Entry, fact: Fact[Any]) -> Entry:
    envelope = fact.envelope
    return Entry(
        row.subject_id,
        row.service,
        row.position,
        envelope.stream_id,
        envelope.type,
        envelope.occurred_at,
        envelope.recorded_at,
        fact.raw,
    )


JOURNAL = View(
    name="journal",
    number=1,
    row=Entry,
    key=("subject_id", "service", "position"),
    reads=classes_of(Event, contacts, sales, organisations, agreements),
    keys=keys,
    fold=fold,
    insert_only=True,
    table=TABLE,
)
