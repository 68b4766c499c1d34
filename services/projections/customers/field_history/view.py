"""Every value that a field of a contact ever had, in the clear: one row per contact, field and event."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kernel.taking.fact import Fact
from kernel.view.view import Key, View
from services.projections.customers.field_history.fields import READS, Change, Field, said

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    field text NOT NULL,
    event_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    change text NOT NULL,
    value json,
    actor text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, contact_id, field, event_id, partition)
)"""


class Value(msgspec.Struct, frozen=True):
    """What one event said of one field. `version` is that of the event's stream."""

    contact_id: UUID
    field: Field
    event_id: UUID
    version: int = 0
    type: str = ""
    change: Change = Change.SET
    value: Any = None
    """As JSON; what is personal in it is missing once it is erased."""
    actor: str = ""
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None


def keys(fact: Fact[Any]) -> list[Key]:
    event, event_id = fact.event, fact.envelope.event_id
    return [(contact, field, event_id) for contact in event.subjects() for field in said(event, contact)]


def fold(row: Value, fact: Fact[Any]) -> Value:
    envelope = fact.envelope
    change, value = said(fact.event, row.contact_id)[row.field]
    return Value(
        row.contact_id,
        row.field,
        row.event_id,
        envelope.version,
        type(fact.event).__name__,
        change,
        _PLAIN.decode(_JSON.encode(value)),
        envelope.actor,
        envelope.occurred_at,
        envelope.recorded_at,
    )


_JSON = msgspec.json.Encoder()
_PLAIN = msgspec.json.Decoder()

FIELD_HISTORY = View(
    name="field_history",
    number=1,
    row=Value,
    key=("contact_id", "field", "event_id"),
    reads=READS,
    keys=keys,
    fold=fold,
    personal=True,
    insert_only=True,
    table=TABLE,
)
