"""An aggregate as data: which wishes and facts it has, and the pure functions that decide and fold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Generic, TypeVar
from uuid import UUID

from kernel.commands import Command
from kernel.log.facts import Event

S = TypeVar("S")
C = TypeVar("C")

Claimed = tuple[str, str]
"""What at most one stream of an organisation may hold: its kind and its normalised value."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How it is refused that another stream holds a claim: always 409."""

    code: str = "taken"
    sentence: str = "Something else has this already."


def classes_of(base: type[C], *modules: ModuleType) -> tuple[type[C], ...]:
    """The classes under `base` that the modules hold, in their order: a new one adds no line elsewhere."""
    found = {
        value: None
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base) and value is not base
    }
    return tuple(found)


def nothing_claimed(_state: Any) -> frozenset[Claimed]:
    """What most aggregates claim."""
    return frozenset()


def no_gate(_event: Any) -> bool:
    """Most facts leave open what may be shared."""
    return False


def contact_or_stream(first: Event, stream_id: UUID) -> UUID:
    """The contact that a stream's first event speaks of, else the stream itself."""
    subjects = first.subjects()
    return subjects[0] if subjects else stream_id


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[S]):
    """One kind of stream. All functions are pure; the kernel loads, claims, seals and stores around them."""

    name: str
    """The stream's kind, as `contact`."""
    path: str
    """The first part of its addresses, as `contacts`."""
    commands: tuple[type[Command], ...]
    events: tuple[type[Event], ...]
    initial: Callable[[UUID, UUID], S]
    """The state of a stream, by its organisation and its id, in which nothing has happened."""
    evolve: Callable[[S, Any], S]
    ignores: tuple[type[Event], ...] = ()
    """Facts that leave every state as it is. They are not loaded: a contact has few names and many calls."""
    decide: Callable[[Any, S, datetime], list[Event]]
    """No event: nothing to do. Raises Rejected."""
    claims: Callable[[S], frozenset[Claimed]] = nothing_claimed
    """What the stream holds in this state; the kernel takes and gives back the difference."""
    taken: Taken = Taken()
    gates: Callable[[Any], bool] = no_gate
    """Which facts must be known before anything of their organisation's is shared with another."""
    partition_key: Callable[[Event, UUID], UUID] = contact_or_stream
    """From a stream's first event and its id; kept for the stream's life."""
    stream_of: Callable[[UUID, Any], UUID] | None = None
    """The stream that a beginning command means by its organisation and content; it may be there already."""
    touches: Callable[[Any, UUID, Mapping[Any, Any]], set[Any]] | None = None
    """For a command that spans streams: the StreamRef of each that it needs, given the states of those that
    are loaded (an unknown one has none, save the one that it begins); asked until it names nothing new. Own
    streams are of this kind; another organisation's, of any kind of the service."""
    decide_many: Callable[[Any, UUID, Mapping[Any, Any], datetime], Mapping[Any, list[Event]]] | None = None
    """The same command's events by stream."""
