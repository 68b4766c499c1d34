"""Events of an archive as takers take them: column by column, and only what somebody asks for.

Making all of a heading costs more than folding the event does, and most folds ask for two or three of its
values. So one object is the arrival, its fact and its heading, and finds a value where it lies in its column.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from asyncpg.pgproto.pgproto import UUID  # a kind of the standard one, and made several times as fast

from kernel.archive.format.columns import blobs, fixed, numbers
from kernel.archive.format.tables import EVENT
from kernel.log.envelope import Envelope, sealed_text, write
from kernel.log.facts import Event, decode
from kernel.log.reader import envelope_of
from kernel.taking.arrivals import Failure, Reading, failure_of

FIRST = ("type", "schema_version", "org_id", "data")
"""What is read of every row group; a further column once one of its values is asked for."""

MAY_BE_NULL = ("causation_id", "trace", "personal")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Group:
    """One row group of a part, whose columns are read as they are asked for."""

    def __init__(self, file: Any, number: int, service: str, partition: int, position: int) -> None:
        """`file` is pyarrow's; `position` is that of the first event."""
        self._file, self._number = file, number
        self._service, self._partition, self._position = service, partition, position
        self._columns: dict[str, Any] = {}

    def rows(self, reading: Reading, generation: int, after: int) -> list[Row]:
        """The events behind position `after`; of a type that somebody reads with the event itself."""
        found = self._read(*FIRST)
        versions, data, organisations = (
            numbers(found["schema_version"]),
            blobs(found["data"]),
            fixed(found["org_id"]),
        )
        types = [f"crm.{self._service}.{name}" for name in found["type"].dictionary.to_pylist()]
        decoders = [decoder(reading.types.get(name)) for name in types]
        known: dict[bytes, UUID] = {}
        place, rows = (self, self._service, generation, self._partition), []
        for n, code in enumerate(numbers(found["type"].indices)):
            position = self._position + n
            if position <= after:
                continue
            org = organisations[16 * n : 16 * n + 16]
            org_id = known.get(org) or known.setdefault(org, UUID(org))
            row = Row(*place, n, position, position - 1, org_id, types[code])
            if decode_event := decoders[code]:
                try:
                    row.event = decode_event(versions[n], data[n])
                except Exception as error:  # the same as of a topic's record
                    row.failure = failure_of(error)
            rows.append(row)
        return rows

    def uuid(self, name: str, n: int) -> UUID:
        """A value of a column of UUIDs."""
        values = self._values(name)
        return UUID(values[16 * n : 16 * n + 16])

    def value(self, name: str, n: int) -> Any:
        """A value of any other column; a time as microseconds since 1970."""
        return self._values(name)[n]

    def envelope(self, n: int) -> Envelope:
        """All of an event, as the store has it travel."""
        row: dict[str, Any] = {}
        for name, kind in EVENT.columns.items():
            if kind == "uuid" and name not in MAY_BE_NULL:
                row[name] = self.uuid(name, n)
            else:
                value = self.value(name, n)
                row[name] = _MAKE[kind](value) if kind in _MAKE and value is not None else value
        return envelope_of(self._service, row)

    def _values(self, name: str) -> Any:
        if name not in self._columns:
            array, kind = self._read(name)[name], EVENT.columns[name]
            if name in MAY_BE_NULL or kind in ("text", "bytea"):
                self._columns[name] = array.to_pylist()
            else:
                self._columns[name] = fixed(array) if kind == "uuid" else numbers(array)
        return self._columns[name]

    def _read(self, *names: str) -> dict[str, Any]:
        table = self._file.read_row_group(self._number, columns=list(names), use_threads=False)
        return {name: table.column(name).combine_chunks() for name in names}


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


_MAKE = {"timestamptz": _time, "uuid": UUID}


def decoder(cls: type[Event] | None) -> Callable[[int, bytes], Event] | None:
    """From a schema version and an event's data to the event; None for a type that nobody reads."""
    if cls is None:
        return None
    present, at_once = cls.version, msgspec.json.Decoder(cls).decode
    return lambda version, data: at_once(data) if version == present else decode(cls, version, data)


class Row(msgspec.Struct, eq=False, gc=False):
    """One event of an archive, as Arrival, Fact and Heading: it has the attributes of all three."""

    group: Group
    service: str
    generation: int
    partition: int
    n: int
    position: int
    offset: int
    org_id: UUID
    type: str
    event: Any = None
    opened: Any = None
    failure: Failure | None = None
    unopened: Failure | None = None

    @property
    def envelope(self) -> Row:
        return self

    @property
    def fact(self) -> Row | None:
        return None if self.event is None else self

    @property
    def raw(self) -> bytes:
        return write(self.group.envelope(self.n))

    @property
    def event_id(self) -> UUID:
        return self.group.uuid("event_id", self.n)

    @property
    def stream_id(self) -> UUID:
        return self.group.uuid("stream_id", self.n)

    @property
    def version(self) -> int:
        version: int = self.group.value("version", self.n)
        return version

    @property
    def recorded_at(self) -> datetime:
        return _time(self.group.value("recorded_at", self.n))

    @property
    def occurred_at(self) -> datetime:
        return _time(self.group.value("occurred_at", self.n))

    @property
    def personal(self) -> bytes | None:
        sealed: bytes | None = self.group.value("personal", self.n)
        return sealed

    @property
    def sealed(self) -> str | None:
        return sealed_text(self.personal)

    def __getattr__(self, name: str) -> Any:
        """What is asked for seldom comes from the whole envelope."""
        return getattr(self.group.envelope(self.n), name)
