"""A part of a wide row: it stays the text that it is in the table until somebody asks what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="deterministic")


def json_text(value: Any) -> str:
    """The JSON of a value; the same text for the same value."""
    return _ENCODER.encode(value).decode()


class Part(Generic[T]):
    """One column of JSON, for a row of which an event touches little: the rest is neither read nor written.

    It does not change; a fold puts another one in its place.
    """

    __slots__ = ("_read", "_text", "_value")

    def __init__(self, value: T) -> None:
        self._value = value
        self._text: str | None = None
        self._read: Callable[[str], T] | None = None

    @classmethod
    def stored(cls, text: str, read: Callable[[str], T]) -> Part[T]:
        """What `read` will make of `text`."""
        part = cls.__new__(cls)
        part._text, part._read = text, read
        return part

    @property
    def value(self) -> T:
        """What it says; read once."""
        if self._read is not None:
            self._value, self._read = self._read(self.text), None
        return self._value

    @property
    def text(self) -> str:
        """Its JSON; written once."""
        if self._text is None:
            self._text = json_text(self._value)
        return self._text

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Part) and self.text == other.text)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Part({self.value!r})"
