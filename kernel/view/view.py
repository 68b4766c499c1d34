"""A view, as data: the pure keyed fold of some events into the rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec

from kernel.log.facts import Event, service_of, type_of
from kernel.taking.fact import Fact
from kernel.view.columns import Column, columns_of

R = TypeVar("R", bound=msgspec.Struct)

Key = tuple[Any, ...]
RowId = tuple[UUID, Key, int]
"""Organisation, key, partition."""

Term = tuple[str, str]
"""What a row can be found by: a kind and a normalised text."""


@dataclass(frozen=True)
class View(Generic[R]):
    """One version of a view.

    `keys` says which rows an event touches, `fold` makes each one's next row; both are pure and never fail on
    a valid event. A row equal to the empty one is not stored: absent and empty are the same.
    """

    kind: ClassVar[str] = "view"

    name: str
    number: int
    """The version; whoever changes what a fold results in raises it."""
    row: type[R]
    """A frozen struct: the key fields first, everything else with a default. `row(*key)` is the empty row."""
    key: tuple[str, ...]
    reads: tuple[type[Event], ...]
    """Events of other types pass by undecoded."""
    keys: Callable[[Fact[Any]], Iterable[Key]]
    fold: Callable[[R, Fact[Any]], R]
    table: str
    """CREATE TABLE {table} (org_id uuid, …, PRIMARY KEY (org_id, <key>, partition)), and its indexes."""
    combine: Callable[[Sequence[R]], R] | None = None
    """One row from its parts on several partitions: associative, commutative, with the empty row as its zero.
    None where a key never has two parts."""
    personal: bool = False
    """Whether the fold needs the personal part of events."""
    insert_only: bool = False
    """Whether every event makes rows of its own, so that none need be loaded."""
    build: int = 1
    """Which filling of this version: a rebuild makes another one beside it."""
    terms: Callable[[R], Iterable[Term]] | None = None
    """What each row can be found by, kept in the table {table}_term; needs a key of one uuid."""
    open_where: str | None = None
    """Which rows every organisation may read, by their columns; None: each reads its own."""
    readers: tuple[str, ...] = ()
    """Roles beside the queries' own that read every organisation's rows; none of them answers a caller."""
    former: View[Any] | None = None
    """The fold that this one takes the place of; stays here until none of its versions is left anywhere."""

    def __post_init__(self) -> None:
        """Raises ValueError where rows of the former fold could not be shown as rows of this one."""
        if self.former is None:
            return
        if (self.former.name, self.former.key) != (self.name, self.key) or self.former.number >= self.number:
            raise ValueError(f"{self.table_name}: its former has the same name and key, and a lower number")
        was = {column.name: column.sql for column in self.former.columns}
        if other := [one.name for one in self.columns if was.get(one.name, one.sql) != one.sql]:
            raise ValueError(f"{self.table_name}: of another type than before, so of another name: {other}")

    @cached_property
    def folds(self) -> tuple[View[Any], ...]:
        """This one, its former, and so on."""
        return (self,) if self.former is None else (self, *self.former.folds)

    @cached_property
    def types(self) -> dict[str, type[Event]]:
        """What it reads, by the name under which it travels."""
        return {type_of(cls): cls for cls in self.reads}

    @cached_property
    def services(self) -> frozenset[str]:
        """Whose topics it reads."""
        return frozenset(service_of(cls) for cls in self.reads)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The row's fields as columns, in order."""
        return columns_of(self.row)

    @property
    def taker(self) -> str:
        return self.table_name

    @property
    def table_name(self) -> str:
        """This version's table."""
        version = f"{self.name}__v{self.number}"
        return version if self.build == 1 else f"{version}_{self.build}"

    def empty(self, key: Key) -> R:
        """The row before its first event."""
        return self.row(*key)

    def combined(self, parts: Sequence[R]) -> R:
        """One row from its parts."""
        if len(parts) == 1 or self.combine is None:
            return parts[0]
        return self.combine(parts)
