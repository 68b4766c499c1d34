"""A reaction, as data: which events it hears, what it remembers of them, and which commands follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec

from kernel.commands import Command
from kernel.log.facts import Event, service_of, type_of
from kernel.taking.fact import Fact

M = TypeVar("M", bound=msgspec.Struct)

Digest = Callable[[str, str], str]
"""The keyed digest, in hex, of a kind and a normalised value in the event's organisation."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A command of the reaction's own service for one of its streams. It holds no personal values."""

    stream_id: UUID
    command: Command


@dataclass(frozen=True)
class Reaction(Generic[M]):
    """Others' events become own commands. All functions are pure.

    Its memory is a row per organisation and key, whichever partition the events come from. It is folded from
    the log's beginning, whatever else the reaction leaves out.
    """

    kind: ClassVar[str] = "reaction"

    name: str
    hears: tuple[type[Event], ...]
    memory: type[M]
    """A frozen struct of defaults: `memory()` is what is remembered at first; such rows are not stored."""
    keys: Callable[[Fact[Any], Digest], Iterable[str]]
    """The rows that an event touches, by keys without personal values. None: it is not for this reaction.

    No key begins with `stream/`.
    """
    fold: Callable[[M, Fact[Any]], M]
    """What is remembered under one key after the event."""
    react: Callable[[M, M, Fact[Any]], Iterable[Issue]]
    """From what was remembered under one key before and after the event: what is to be done."""
    whole_stream: tuple[type[Event], ...] = ()
    """Events without keys of their own: they touch every row that earlier ones of their stream touched."""
    from_beginning: bool = False
    """Whether it reacts to what happened before it was first deployed."""
    imported: bool = False
    """Whether it reacts to imported events."""
    personal: bool = False
    """Whether it needs the personal part of events; what it remembers and issues holds none of it."""

    @cached_property
    def types(self) -> dict[str, type[Event]]:
        """What it hears, by the name under which it travels."""
        return {type_of(cls): cls for cls in self.hears}

    @cached_property
    def traced(self) -> frozenset[str]:
        """The services of whose streams it keeps which rows they touched."""
        return frozenset(service_of(cls) for cls in self.whole_stream)

    @property
    def taker(self) -> str:
        return self.name

    @cached_property
    def services(self) -> frozenset[str]:
        """Whose topics it reads."""
        return frozenset(service_of(cls) for cls in self.hears)
