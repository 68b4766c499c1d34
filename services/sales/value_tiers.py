"""How an organisation's value tiers are decided: one stream per organisation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID, uuid5

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.sales.commands import SetValueTiers
from services.sales.events import ValueTiersSet


@dataclass(frozen=True, slots=True)
class ValueTiers:
    """The tiers in force."""

    in_force: ValueTiersSet | None = None


def initial(_org_id: UUID, _stream_id: UUID) -> ValueTiers:
    """No tiers were set."""
    return ValueTiers()


def stream_of(org_id: UUID, _command: SetValueTiers) -> UUID:
    """The organisation's one stream of value tiers."""
    return uuid5(org_id, "value-tiers")


def evolve(_tiers: ValueTiers, event: ValueTiersSet) -> ValueTiers:
    """The tiers after the event."""
    return ValueTiers(in_force=event)


def decide(command: SetValueTiers, tiers: ValueTiers, _now: datetime) -> list[Event]:
    """Each tier starts above the one before and has a name of its own."""
    for place, (lower, higher) in enumerate(pairwise(command.tiers), 1):
        if higher.threshold <= lower.threshold:
            raise Rejected(
                "not-ascending", "Each tier starts above the one before.", f"/tiers/{place}/threshold"
            )
    names = [tier.name for tier in command.tiers]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise Rejected("same-name", "Each tier has a name of its own.", f"/tiers/{place}/name")
    wished = ValueTiersSet(currency=command.currency, tiers=command.tiers)
    return [] if wished == tiers.in_force else [wished]
