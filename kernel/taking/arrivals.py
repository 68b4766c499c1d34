"""Records as they arrive from a topic, read once for all views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import msgspec

from kernel.log.envelope import Heading, read, schema_name
from kernel.log.facts import Event, UnknownVersion, decode, service_of
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


class Arrival(msgspec.Struct, gc=False):
    """One record. Without an envelope it is none of ours; without a fact no view reads it, or it failed."""

    service: str
    generation: int
    partition: int
    offset: int
    raw: bytes
    envelope: Heading | None = None
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
        self._at_once: dict[bytes, tuple[Decoder, str, str]] = {
            name.encode(): (_decoder(cls), name, _schema(cls)) for name, cls in self.types.items()
        }

    def read(self, service: str, generation: int, partition: int, offset: int, raw: bytes) -> Arrival:
        """The record with its envelope and, where some view reads its type, its event."""
        # Nearly always the type stands where our own writer puts it; then all is decoded at once. Whatever is
        # not as expected is read step by step: what comes of a record depends on its bytes, never on the way.
        begin = raw.find(BEFORE_TYPE, ID_ENDS) + len(BEFORE_TYPE)
        if known := self._at_once.get(raw[begin : raw.find(b'"', begin)]):
            decoder, name, schema = known
            try:
                whole = decoder(raw)
                position = int(whole.position_text)
            except Exception:  # which one, the steps tell
                return self.read_in_steps(service, generation, partition, offset, raw)
            if (
                whole.type == name
                and whole.dataschema == schema
                and position > 0
                and name.startswith(_prefix(service))
            ):
                fact = Fact(whole.data, whole, partition, position, service, raw)
                return Arrival(service, generation, partition, offset, raw, whole, position, fact)
        return self.read_in_steps(service, generation, partition, offset, raw)

    def read_in_steps(
        self, service: str, generation: int, partition: int, offset: int, raw: bytes
    ) -> Arrival:
        """The same for any record: first the envelope, then the event."""
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


Decoder = Callable[[bytes], Any]
"""Makes a Heading, whose `data` is the event, of a record's bytes."""

BEFORE_TYPE = b'","type":"'
ID_ENDS = len('{"specversion":"1.0","id":"') + 36


@cache
def _decoder(cls: type[Event]) -> Decoder:
    whole = msgspec.defstruct(
        cls.__name__, [("data", cls)], bases=(Heading,), frozen=True, gc=False, kw_only=True
    )
    return msgspec.json.Decoder(whole).decode


def _schema(cls: type[Event]) -> str:
    return schema_name(service_of(cls), cls.__name__, cls.version)


@cache
def _prefix(service: str) -> str:
    return f"crm.{service}."
