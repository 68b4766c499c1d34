"""An aggregate that exists only for tests of the kernel: boats, their owners, and the berths they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from kernel.aggregate import Aggregate, Claimed, Taken
from kernel.commands import Command, Rejected
from kernel.log.facts import Event
from kernel.log.store.append import StreamRef
from lib.records import Record


class BoatLaunched(Event):
    """A person's boat floats."""

    contact_id: UUID
    personal: BoatLaunched.Personal | None = None

    class Personal(Record):
        owner: str


class BoatMoored(Event):
    """The boat lies at this berth, and at no other."""

    berth: str


class BoatRowed(Event):
    """The boat went a bit further."""

    strokes: int


class LaunchBoat(Command):
    begins = True

    owner: str


class NameOwner(Command):
    """Says nothing new where the owner is called so."""

    owner: str


class MoorBoat(Command):
    """No two boats lie at one berth."""

    berth: str


class RowBoat(Command):
    strokes: int


class SwapBerths(Command):
    spans = True

    other_id: UUID


class RowTogether(Command):
    """The boats of two organisations under one id; a side that has none gets one."""

    spans = True

    other_org: UUID
    strokes: int


@dataclass(frozen=True)
class Boat:
    boat_id: UUID
    owner: str | None = None
    berth: str | None = None
    strokes: int = 0


def evolve(boat: Boat, event: Event) -> Boat:
    match event:
        case BoatLaunched():
            return replace(boat, owner=event.personal.owner if event.personal else None)
        case BoatMoored():
            return replace(boat, berth=event.berth)
        case BoatRowed():
            return replace(boat, strokes=boat.strokes + event.strokes)
    raise AssertionError(event)


def decide(command: Command, boat: Boat, now: datetime) -> list[Event]:
    match command:
        case LaunchBoat(owner=owner) | NameOwner(owner=owner):
            personal = BoatLaunched.Personal(owner=owner)
            return [] if owner == boat.owner else [BoatLaunched(contact_id=boat.boat_id, personal=personal)]
        case MoorBoat():
            if command.berth == "rock":
                raise Rejected("berth-unfit", "Nobody moors at a rock.", "/berth")
            return [] if command.berth == boat.berth else [BoatMoored(berth=command.berth)]
        case RowBoat():
            return [BoatRowed(strokes=command.strokes)] if command.strokes else []
    raise AssertionError(command)


def swap(
    command: SwapBerths, target: UUID, boats: Mapping[UUID, Boat], now: datetime
) -> Mapping[UUID, list[Event]]:
    boat, other = boats[target], boats.get(command.other_id)
    if other is None or boat.berth is None or other.berth is None:
        raise Rejected("no-swap", "Two moored boats can swap their berths.", "/other_id")
    return {target: [BoatMoored(berth=other.berth)], command.other_id: [BoatMoored(berth=boat.berth)]}


def touches(command: Command, target: UUID, boats: Mapping[StreamRef, Boat]) -> set[StreamRef]:
    match command:
        case SwapBerths():
            return {target, command.other_id}
        case RowTogether():
            return {target, (command.other_org, target)}
    raise AssertionError(command)


def decide_many(
    command: Command, target: UUID, boats: Mapping[Any, Boat], now: datetime
) -> Mapping[Any, list[Event]]:
    match command:
        case SwapBerths():
            return swap(command, target, boats, now)
        case RowTogether():
            rowed: list[Event] = [BoatRowed(strokes=command.strokes)]
            return {target: rowed, (command.other_org, target): rowed}
    raise AssertionError(command)


def claims(boat: Boat) -> frozenset[Claimed]:
    return frozenset({("berth", boat.berth)} if boat.berth else ())


BOAT = Aggregate(
    name="boat",
    path="boats",
    commands=(LaunchBoat, NameOwner, MoorBoat, RowBoat, SwapBerths, RowTogether),
    events=(BoatLaunched, BoatMoored, BoatRowed),
    initial=lambda _org_id, boat_id: Boat(boat_id),
    evolve=evolve,
    decide=decide,
    claims=claims,
    taken=Taken("berth-taken", "Another boat lies there."),
    touches=touches,
    decide_many=decide_many,
)


class FlagHoisted(Event):
    """The organisation's one flagpole shows this."""

    flag: str


class HoistFlag(Command):
    begins = True

    flag: str


@dataclass(frozen=True)
class Pole:
    pole_id: UUID
    flag: str | None = None


POLE = Aggregate(
    name="pole",
    path="poles",
    commands=(HoistFlag,),
    events=(FlagHoisted,),
    initial=lambda _org_id, pole_id: Pole(pole_id),
    evolve=lambda pole, event: replace(pole, flag=event.flag),
    decide=lambda command, pole, now: [] if command.flag == pole.flag else [FlagHoisted(flag=command.flag)],
    stream_of=lambda org_id, command: uuid5(org_id, "pole"),
)
