"""What a customer allows now, by purpose, channel and recipient: the latest grant and refusal.

A grant counts from when it was given, a refusal from when it was recorded; of the same moment, the refusal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from kernel.taking.fact import Fact
from services.contacts.events import ConsentGiven, ConsentWithdrawn
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis


class Grant(msgspec.Struct, frozen=True):
    """A consent; it counts from when it was given, which cannot be after it was recorded."""

    given_at: datetime
    event_id: UUID
    basis: LawfulBasis
    notice_version: int
    method: ConsentMethod
    expires_at: datetime | None = None


class Withdrawal(msgspec.Struct, frozen=True, order=True):
    """A refusal; it counts from when it was recorded."""

    recorded_at: datetime
    event_id: UUID
    method: ConsentMethod


class ConsentStanding(msgspec.Struct, frozen=True):
    """The latest of each; neither takes the other away, so that any order of facts gives the same."""

    grant: Grant | None = None
    withdrawal: Withdrawal | None = None


ConsentStandings = Mapping[str, ConsentStanding]
"""By purpose, channel and recipient: `marketing mail own`."""

OWN = "own"
"""The recipient where the organisation itself is meant."""


class Consent(msgspec.Struct, frozen=True):
    """What holds now for one purpose, channel and recipient (None: the organisation itself)."""

    purpose: str
    channel: ConsentChannel
    recipient_id: UUID | None
    status: Literal["given", "expired", "withdrawn"]
    grant: Grant | None
    withdrawal: Withdrawal | None


def noted(standings: ConsentStandings, fact: Fact[Any]) -> ConsentStandings:
    """The standings after one more fact about consent."""
    event: ConsentGiven | ConsentWithdrawn = fact.event
    own = event.recipient_id in (None, fact.envelope.org_id)
    place = f"{event.purpose} {event.channel} {OWN if own else event.recipient_id}"
    before = standings.get(place, ConsentStanding())
    return {**standings, place: latest([before, _standing(fact, event)])}


def _standing(fact: Fact[Any], event: ConsentGiven | ConsentWithdrawn) -> ConsentStanding:
    envelope = fact.envelope
    if isinstance(event, ConsentWithdrawn):
        return ConsentStanding(withdrawal=Withdrawal(envelope.recorded_at, envelope.event_id, event.method))
    return ConsentStanding(
        Grant(
            min(event.given_at, envelope.recorded_at),
            envelope.event_id,
            event.basis,
            event.notice_version,
            event.method,
            event.expires_at,
        )
    )


def latest(standings: Iterable[ConsentStanding]) -> ConsentStanding:
    """The latest grant and the latest withdrawal among them."""
    found = ConsentStanding()
    for one in standings:
        if one.grant and (found.grant is None or _rank(found.grant) < _rank(one.grant)):
            found = replace(found, grant=one.grant)
        if one.withdrawal and (found.withdrawal is None or found.withdrawal < one.withdrawal):
            found = replace(found, withdrawal=one.withdrawal)
    return found


def _rank(grant: Grant) -> tuple[datetime, UUID]:
    return grant.given_at, grant.event_id


def joined(parts: Iterable[ConsentStandings]) -> ConsentStandings:
    """The standings of several contacts or partitions as those of one customer."""
    found: dict[str, list[ConsentStanding]] = {}
    for standings in parts:
        for place, standing in standings.items():
            found.setdefault(place, []).append(standing)
    return {place: latest(several) for place, several in found.items()}


def consents(standings: ConsentStandings, now: datetime) -> tuple[Consent, ...]:
    """What holds at `now`; a grant and a withdrawal of the same moment are a withdrawal."""
    return tuple(_consent(place, standing, now) for place, standing in sorted(standings.items()))


def _consent(place: str, standing: ConsentStanding, now: datetime) -> Consent:
    purpose, channel, recipient = place.split(" ")
    grant, withdrawal = standing.grant, standing.withdrawal
    status: Literal["given", "expired", "withdrawn"] = "given"
    if grant is None or (withdrawal is not None and grant.given_at <= withdrawal.recorded_at):
        status = "withdrawn"
    elif grant.expires_at is not None and grant.expires_at <= now:
        status = "expired"
    return Consent(
        purpose,
        ConsentChannel(channel),
        None if recipient == OWN else UUID(recipient),
        status,
        grant,
        withdrawal,
    )
