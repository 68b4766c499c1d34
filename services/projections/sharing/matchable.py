"""Which version of a contact is the one to be matched, and where its log says so: no personal value.

A match counts while both contacts still are in the version in which they were compared; the matcher
follows the positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from kernel.taking.fact import Fact
from kernel.view.view import Key, View
from services.contacts import events

MATCHER = "projections_match"
"""The role of the matcher, which reads what it compares, and answers no caller."""
GATE = "projections_gate"
"""As whom the gate's functions read what is shared."""

TABLE = """
CREATE TABLE {table} (
    org_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    partition smallint NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (org_id, contact_id, partition)
);
CREATE INDEX {table}_position ON {table} (partition, position)"""


class Matchable(msgspec.Struct, frozen=True):
    """One contact: version and position of the last fact that changed what may be compared."""

    contact_id: UUID
    version: int = 0
    position: int = 0


READS = (
    events.ContactRegistered,
    events.NameCorrected,
    events.BirthDateCorrected,
    events.AddressChanged,
    events.AddressRemoved,
    events.IdentifierAdded,
    events.IdentifierVerified,
    events.IdentifierRemoved,
    events.ContactClosed,
    events.ContactReopened,
    events.CustomerJoined,
    events.CustomerLeft,
    events.ContactsAbsorbed,
    events.ContactsReleased,
)


def keys(fact: Fact[Any]) -> list[Key]:
    return [(fact.event.contact_id,)]


def fold(row: Matchable, fact: Fact[Any]) -> Matchable:
    return Matchable(row.contact_id, fact.envelope.version, fact.position)


def combine(rows: Sequence[Matchable]) -> Matchable:
    """A contact's facts stand on its own stream, so that the later part is the whole."""
    return max(rows, key=lambda row: row.version)


MATCHABLE = View(
    name="matchable",
    number=1,
    row=Matchable,
    key=("contact_id",),
    reads=READS,
    keys=keys,
    fold=fold,
    combine=combine,
    table=TABLE,
    readers=(MATCHER, GATE),
)
