"""How the fields of a row become columns, and columns a row again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from kernel.view.parts import Part, json_text

PLAIN = {
    UUID: "uuid",
    str: "text",
    int: "bigint",
    bool: "boolean",
    datetime: "timestamptz",
    Decimal: "numeric",
    bytes: "bytea",
    date: "date",
}
"""Types that are columns of their own; anything else is json: read and written whole, never asked inside."""


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a row. `sent` is what its values travel as, `sql` the column's type."""

    name: str
    sql: str
    sent: str
    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any] | None
    part: bool = False
    """Whether it is only written where it changed."""

    @property
    def selected(self) -> str:
        return self.name if self.sql == self.sent else f"{self.name}::{self.sent}"

    def values(self, rows: Iterable[Any]) -> list[Any]:
        """This field of every row, as it travels."""
        values = map(attrgetter(self.name), rows)
        return list(values) if self.write is None else [self.write(value) for value in values]

    def changed(self, rows: Iterable[Any], before: Iterable[Any]) -> list[Any]:
        """The same, with None for each part that is as it was before."""
        if not self.part:
            return self.values(rows)
        field = attrgetter(self.name)
        return [
            None if (part := field(row)) is (known := field(was)) or part == known else part.text
            for row, was in zip(rows, before, strict=True)
        ]


def columns_of(row: type[msgspec.Struct]) -> tuple[Column, ...]:
    """The columns of a row type, in the order of its fields."""
    hints = get_type_hints(row, include_extras=False)
    return tuple(_column(name, hints[name]) for name in row.__struct_fields__)


def _column(name: str, hint: Any) -> Column:
    kind = _without_none(hint)
    if kind in PLAIN:
        return Column(name, PLAIN[kind], PLAIN[kind], None, None)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Column(name, "text", "text", None, lambda text: None if text is None else kind(text))
    if get_origin(kind) is Part:
        return _part(name, *get_args(kind))
    decoder = msgspec.json.Decoder(hint)
    return Column(name, "json", "text", _json, lambda text: None if text is None else decoder.decode(text))


def _part(name: str, hint: Any) -> Column:
    read = msgspec.json.Decoder(hint).decode
    return Column(name, "json", "text", attrgetter("text"), lambda text: Part.stored(text, read), part=True)


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in (Union, UnionType):
        return hint
    rest = [option for option in get_args(hint) if option is not NoneType]
    return rest[0] if len(rest) == 1 else hint


def _json(value: Any) -> str | None:
    return None if value is None else json_text(value)


def row_of(columns: Sequence[Column], row: type[Any], values: Sequence[Any]) -> Any:
    """A row from its columns' values, in order."""
    pairs = zip(columns, values, strict=True)
    return row(*[value if column.read is None else column.read(value) for column, value in pairs])
