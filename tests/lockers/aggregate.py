"""The locker: its facts, its wishes, its decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from kernel.aggregate import Aggregate
from kernel.commands import Command, Rejected
from kernel.log.facts import Event
from kernel.web.access import Role
from kernel.web.service import Service
from lib.times import Time

STAFF = frozenset({Role.AGENT, Role.INTEGRATOR, Role.OPERATOR})
Grams = Annotated[int, Field(ge=0, le=100_000, examples=[250])]


class LockerBuilt(Event):
    """A locker stands."""

    room: int


class ThingPutIn(Event):
    """A thing lies in the locker."""

    name: str
    grams: int


class LockerEmptied(Event):
    """Nothing lies in the locker."""


class BuildLocker(Command):
    """Build a locker with room for some things."""

    roles = STAFF
    begins = True
    examples = ({"room": 2},)

    room: Annotated[int, Field(ge=0, le=100)]


class PutThingIn(Command):
    """Put a thing into the locker."""

    roles = STAFF | {Role.CUSTOMER}
    own_words = (("at", None),)
    examples = (
        {"name": "umbrella", "grams": 250},
        {"name": "hat", "grams": 90, "at": "2026-11-01T12:00:00Z"},
    )

    name: Annotated[str, Field(min_length=1, max_length=100)]
    grams: Grams
    at: Time | None = None


class EmptyLocker(Command):
    """Take everything out."""

    roles = frozenset({Role.AGENT})


class SweepLocker(Command):
    """What only a reaction wishes."""


@dataclass(frozen=True)
class Locker:
    room: int = 0
    things: int = 0


def evolve(locker: Locker, event: Event) -> Locker:
    match event:
        case LockerBuilt():
            return Locker(room=event.room)
        case ThingPutIn():
            return replace(locker, things=locker.things + 1)
        case _:
            return replace(locker, things=0)


def decide(command: Command, locker: Locker, now: datetime) -> list[Event]:
    match command:
        case BuildLocker():
            return [LockerBuilt(room=command.room)]
        case PutThingIn():
            if locker.things == locker.room:
                raise Rejected("locker-full", "The locker is full: empty it first.")
            return [ThingPutIn(name=command.name, grams=command.grams)]
        case EmptyLocker() if locker.things:
            return [LockerEmptied()]
        case _:
            return []


def initial(_org_id: UUID, _stream_id: UUID) -> Locker:
    return Locker()


LOCKER: Aggregate[Locker] = Aggregate(
    name="locker",
    path="lockers",
    commands=(BuildLocker, PutThingIn, EmptyLocker, SweepLocker),
    events=(LockerBuilt, ThingPutIn, LockerEmptied),
    initial=initial,
    evolve=evolve,
    decide=decide,
)

LOCKERS = Service("lockers", aggregates=(LOCKER,))
