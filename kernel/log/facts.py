"""What an event is: one frozen class of plain data, with its version, its subjects and its personal part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from pydantic import TypeAdapter

from lib.records import Record

Upcasters = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]
"""By the version that each reads; it makes the next one."""


class Event(Record):
    """A fact of a service, as its `events.py` declares it.

    A personal part, if there is one, is an inner `Personal(Record)` and a field
    `personal: Name.Personal | None = None`; it is sealed apart from the rest, and None once erased.
    An optional field has the default None: None is not written.
    """

    version: ClassVar[int] = 1
    """The schema version; whatever changes the schema raises it and adds an upcaster from the one before."""

    upcasters: ClassVar[Upcasters] = {}
    """From an old version's `data` to the next version's.

    `personal` is inside once it is opened. Most readers do not open it, so it may always be missing.
    """

    def subjects(self) -> tuple[UUID, ...]:
        """The contacts this event speaks of."""
        contact: UUID | None = getattr(self, "contact_id", None)
        return () if contact is None else (contact,)


E = TypeVar("E", bound=Event)


def service_of(cls: type[Event]) -> str:
    """The service whose fact this is: services.<service>.events."""
    return cls.__module__.split(".")[1]


def type_of(cls: type[Event]) -> str:
    """The type under which it travels, e.g. `crm.contacts.ContactRegistered`."""
    return f"crm.{service_of(cls)}.{cls.__name__}"


@cache
def _writer(cls: type[Record]) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


@cache
def _reader(cls: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)


def encode(event: Event) -> tuple[bytes, bytes | None]:
    """The JSON of the event's open fields, and that of its personal part (to be sealed) if it has one."""
    writer = _writer(type(event))
    data: bytes = writer.dump_json(event, exclude={"personal"}, exclude_none=True)
    personal: Record | None = getattr(event, "personal", None)
    return data, None if personal is None else _writer(type(personal)).dump_json(personal, exclude_none=True)


def decode(cls: type[E], version: int, data: bytes, personal: bytes | None = None) -> E:
    """The event again, from its open JSON and its opened personal JSON (None: still sealed, or erased).

    Unknown fields are ignored; older versions go through the class's upcasters.
    """
    whole = data if personal is None else _with_personal(data, personal)
    if version == cls.version:
        return _reader(cls).decode(whole)  # type: ignore[no-any-return]
    if version > cls.version:
        raise UnknownVersion(
            f"{type_of(cls)} version {version} is newer than {cls.version}, the newest known"
        )
    body = upcast(cls, version, msgspec.json.decode(whole))
    return _reader(cls).decode(msgspec.json.encode(body))  # type: ignore[no-any-return]


def upcast(cls: type[Event], version: int, body: dict[str, Any]) -> dict[str, Any]:
    """An older version's body as the class's own version has it."""
    for step in range(version, cls.version):
        body = cls.upcasters[step](body)
    return body


def _with_personal(data: bytes, personal: bytes) -> bytes:
    comma = b"" if data == b"{}" else b","
    return data[:-1] + comma + b'"personal":' + personal + b"}"


class UnknownVersion(Exception):
    """An event of a schema version that this program is too old to read."""
