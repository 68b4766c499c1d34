"""Which columns of the store an archive holds, and how they come out of PostgreSQL and back into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

MICROSECONDS = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of PostgreSQL, how it travels as an argument or a result, and what it is in a file.

    UUIDs travel as 16 bytes and times as microseconds since 1970: exact, and quick on both sides.
    """

    arrow: Any
    travels: str
    out: str
    back: str


KINDS = {
    "uuid": Kind(pa.binary(16), "bytea", "uuid_send({0})", "encode({0}, 'hex')::uuid"),
    "timestamptz": Kind(
        MICROSECONDS,
        "bigint",
        "(extract(epoch FROM {0}) * 1000000)::bigint",
        "timestamptz 'epoch' + {0} * interval '1 microsecond'",
    ),
    "text": Kind(pa.string(), "text", "{0}", "{0}"),
    "json": Kind(pa.string(), "text", "{0}::text", "{0}::json"),
    "bytea": Kind(pa.binary(), "bytea", "{0}", "{0}"),
    "smallint": Kind(pa.int16(), "smallint", "{0}", "{0}"),
    "int": Kind(pa.int32(), "int", "{0}", "{0}"),
    "bigint": Kind(pa.int64(), "bigint", "{0}", "{0}"),
}


@dataclass(frozen=True)
class Table:
    """Columns of a table with their types; `often` names those whose values come again and again."""

    name: str
    columns: Mapping[str, str]
    often: tuple[str, ...] = ()

    @property
    def schema(self) -> Any:
        """Of its files."""
        return pa.schema([(name, KINDS[kind].arrow) for name, kind in self.columns.items()])

    @property
    def selected(self) -> str:
        """Its columns as they travel out of PostgreSQL."""
        return ", ".join(f"{KINDS[kind].out.format(name)} AS {name}" for name, kind in self.columns.items())

    def given(self, alias: str) -> str:
        """Rows that travel into PostgreSQL as arrays, the arguments $1 and on; a FROM item."""
        arrays = [f"${n}::{KINDS[kind].travels}[]" for n, kind in enumerate(self.columns.values(), 1)]
        return f"unnest({', '.join(arrays)}) AS {alias} ({', '.join(self.columns)})"

    def back(self, alias: str, *names: str) -> str:
        """Columns of `given`, as their table has them."""
        wanted = names or tuple(self.columns)
        return ", ".join(KINDS[self.columns[name]].back.format(f"{alias}.{name}") for name in wanted)

    @property
    def insert(self) -> str:
        """Puts given rows into the table; a row that is there stays as it is."""
        names = ", ".join(self.columns)
        return (
            f"INSERT INTO {self.name} ({names}) SELECT {self.back('n')} FROM {self.given('n')} "
            "ON CONFLICT DO NOTHING"
        )

    def batch(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Rows that travelled out, as a batch for a file."""
        columns = list(zip(*rows, strict=True)) if rows else [() for _ in self.columns]
        arrays = [
            pa.array(column, pa.int64()).cast(MICROSECONDS)
            if kind == "timestamptz"
            else pa.array(column, KINDS[kind].arrow)
            for column, kind in zip(columns, self.columns.values(), strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def arrays(self, batch: Any) -> list[list[Any]]:
        """A batch of a file, as arguments that travel back."""
        return [
            (batch.column(name).cast(pa.int64()) if kind == "timestamptz" else batch.column(name)).to_pylist()
            for name, kind in self.columns.items()
        ]


EVENT = Table(
    "event",
    {
        "position": "bigint",
        "partition": "smallint",
        "org_id": "uuid",
        "stream_id": "uuid",
        "kind": "text",  # the stream's, so that streams follow from their events
        "partition_key": "uuid",
        "version": "int",
        "event_id": "uuid",
        "type": "text",
        "schema_version": "smallint",
        "actor": "text",
        "correlation_id": "uuid",
        "causation_id": "uuid",
        "trace": "text",
        "origin": "text",
        "occurred_at": "timestamptz",
        "recorded_at": "timestamptz",
        "data": "bytea",
        "personal": "bytea",
    },
    often=("partition", "org_id", "kind", "partition_key", "type", "schema_version", "actor", "origin"),
)

CLAIM = Table(
    "claim", {"org_id": "uuid", "kind": "text", "digest": "bytea", "stream_id": "uuid"}, ("org_id", "kind")
)

ANSWER = Table(
    "answer",
    {
        "org_id": "uuid",
        "caller": "text",
        "key": "text",
        "digest": "bytea",
        "outcome": "text",
        "streams": "json",
        "problem": "bytea",
        "answered_at": "timestamptz",
    },
    ("org_id", "caller", "outcome"),
)

DEADLINE = Table(
    "deadline",
    {"org_id": "uuid", "stream_id": "uuid", "name": "text", "due_at": "timestamptz", "payload": "bytea"},
    ("org_id", "name"),
)

BESIDE = (CLAIM, ANSWER, DEADLINE)
"""What a service's store keeps beside its events, and nobody can make of them without persons' keys."""

PERSON_KEY = Table(
    "person_key",
    {
        "org_id": "uuid",
        "person_id": "uuid",
        "key_id": "uuid",
        "epoch": "smallint",
        "wrapped": "bytea",
        "created_at": "timestamptz",
    },
    ("org_id", "epoch"),
)
