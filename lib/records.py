"""Plain data: frozen, slotted, validated, and closed to fields that nobody declared."""

from __future__ import annotations

from typing import Any, dataclass_transform

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
class _RecordType(type):
    """Makes each class a frozen, slotted pydantic dataclass that forbids unknown fields."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
        cls = super().__new__(mcs, name, bases, namespace)
        if not bases or "__dataclass_fields__" in namespace:  # the root, or the slotted copy being made
            return cls
        return dataclass(cls, frozen=True, slots=True, kw_only=True, config=STRICT)  # type: ignore[arg-type]


class Record(metaclass=_RecordType):
    """The base of events, commands, queries' questions and the values inside them."""

    __slots__ = ()
