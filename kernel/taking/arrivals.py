"""Records as they arrive from a topic, read once for all views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import msgspec

from kernel.log.envelope import Envelope, read
from kernel.log.facts import Event, UnknownVersion, decode
from kernel.logging import frames_of
from kernel.taking.fact import Fact


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record could not be taken: the kind of error and its frames; its text may be personal.

    A version that is not known yet is told in words: nothing personal is in them.
    """

    reason: str
    frames: tuple[str, ...] = ()


def failure_of(error: BaseException) -> Failure:
    """What may be told of an error."""
    reason = str(error) if isinstance(error, UnknownVersion) else type(error).__name__
    return Failure(reason, tuple(frames_of(error)))


NOT_OURS = Failure("no event of this topic's service")


@dataclass(slots=True)
class Arrival:
    """One record. Without an envelope it is none of ours; without a fact no view reads it, or it failed."""

    service: str
    generation: int
    partition: int
    offset: int
    raw: bytes
    envelope: Envelope | None = None
    position: int = 0
    fact: Fact[Any] | None = None
    opened: Fact[Any] | None = None
    """The same with its personal part, where a view asks for it."""
    failure: Failure | None = None
    unopened: Failure | None = None
    """Why the personal part could not be opened; that of an erased person is no failure."""


class Reader(Protocol):
    """What a view and a reaction have in common."""

    @property
    def types(self) -> Mapping[str, type[Event]]: ...

    @property
    def services(self) -> frozenset[str]: ...

    @property
    def personal(self) -> bool: ...


class Reading:
    """Which types some view reads, and which of them with their personal part."""

    def __init__(self, views: Iterable[Reader]) -> None:
        views = tuple(views)
        self.types: dict[str, type[Event]] = {name: cls for view in views for name, cls in view.types.items()}
        self.personal = frozenset(name for view in views if view.personal for name in view.types)

    def read(self, service: str, generation: int, partition: int, offset: int, raw: bytes) -> Arrival:
        """The record with its envelope and, where some view reads its type, its event."""
        arrival = Arrival(service, generation, partition, offset, raw)
        try:
            envelope = read(raw)
            position = int(envelope.position_text)
        except (msgspec.MsgspecError, ValueError):
            arrival.failure = NOT_OURS
            return arrival
        if position < 1 or not envelope.type.startswith(_prefix(service)):
            arrival.failure = NOT_OURS
            return arrival
        arrival.envelope, arrival.position = envelope, position
        if cls := self.types.get(envelope.type):
            try:
                event = decode(cls, envelope.schema_version, envelope.data)
            except Exception as error:  # whatever an upcaster or a body of a later program raises
                arrival.failure = failure_of(error)
            else:
                arrival.fact = Fact(event, envelope, partition, position, service, raw)
        return arrival


@cache
def _prefix(service: str) -> str:
    return f"crm.{service}."
