"""Whom a contact allowed to be told of it, and for what: the latest grant and refusal, a row each.

The same two sides as in `customers.consent`, of the channel `disclosure` alone, as columns to be asked by.
A grant counts from when it was given, a refusal from when it was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kernel.taking.fact import Fact
from kernel.view.view import Key, View
from services.contacts.events import ConsentGiven, ConsentWithdrawn
from services.contacts.events.consent import ConsentChannel
from services.projections.sharing.matchable import GATE

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    recipient_id uuid NOT NULL,
    partition smallint NOT NULL,
    given_at timestamptz,
    given_by uuid,
    basis text,
    notice_version bigint,
    expires_at timestamptz,
    withdrawn_at timestamptz,
    PRIMARY KEY (org_id, contact_id, purpose, recipient_id, partition)
)"""


class DisclosureConsent(msgspec.Struct, frozen=True):
    """What a contact said of one purpose and one recipient."""

    contact_id: UUID
    purpose: str
    recipient_id: UUID
    given_at: datetime | None = None
    given_by: UUID | None = None
    """The event that says so."""
    basis: str | None = None
    notice_version: int | None = None
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None


def keys(fact: Fact[Any]) -> list[Key]:
    """One without a recipient is for the organisation itself, which needs no disclosure."""
    event: ConsentGiven | ConsentWithdrawn = fact.event
    if event.channel is not ConsentChannel.DISCLOSURE or event.recipient_id is None:
        return []
    return [(event.contact_id, event.purpose, event.recipient_id)]


def fold(row: DisclosureConsent, fact: Fact[Any]) -> DisclosureConsent:
    key = (row.contact_id, row.purpose, row.recipient_id)
    recorded_at = fact.envelope.recorded_at
    match fact.event:
        case ConsentGiven() as event:
            said = DisclosureConsent(
                *key,
                min(event.given_at, recorded_at),
                fact.envelope.event_id,
                event.basis.value,
                event.notice_version,
                event.expires_at,
            )
        case _:
            said = DisclosureConsent(*key, withdrawn_at=recorded_at)
    return combine([row, said])


def combine(rows: Sequence[DisclosureConsent]) -> DisclosureConsent:
    """The latest grant and the latest refusal among them."""
    granted = max((row for row in rows if row.given_at), key=_rank, default=rows[0])
    refused = max((row.withdrawn_at for row in rows if row.withdrawn_at), default=None)
    return msgspec.structs.replace(granted, withdrawn_at=refused)


def _rank(row: DisclosureConsent) -> tuple[datetime, UUID]:
    assert row.given_at is not None
    assert row.given_by is not None
    return row.given_at, row.given_by


DISCLOSURE_CONSENTS = View(
    name="disclosure_consents",
    number=1,
    row=DisclosureConsent,
    key=("contact_id", "purpose", "recipient_id"),
    reads=(ConsentGiven, ConsentWithdrawn),
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(GATE,),
)
