"""Several appends as the columns of the SQL function append(), and its row as their results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from kernel.log.partitions import partition_of
from kernel.log.store.append import (
    Append,
    Appended,
    Claim,
    NewEvent,
    Result,
    Stale,
    StreamRange,
    Taken,
    Write,
)

STATEMENT = f"SELECT * FROM append({', '.join(f'${n}' for n in range(1, 36))})"

Column = Sequence[Any] | None


class _Placed(NamedTuple):
    """A write with the number of its command (from 1), its partition, and its rank there."""

    command: int
    write: Write
    partition: int
    rank: int


class _Claimed(NamedTuple):
    command: int
    write: Write
    claim: Claim
    take: bool


def apart(append: Append) -> list[object]:
    """What no other append of the same batch may share: its streams, its claims and its key."""
    shared: list[object] = [write.stream_id.int for write in append.writes]
    for write in append.writes:
        if write.takes or write.releases:
            shared += [(append.org_id, claim) for claim in (*write.takes, *write.releases)]
    if append.key is not None:
        shared.append((append.caller, append.key))
    return shared


class Batch:
    """The rows of a batch: `parameters` goes with STATEMENT, `results` reads its answer."""

    def __init__(self, appends: Sequence[Append]) -> None:
        self._appends = appends
        self._placed = list(_place(appends))
        self._claims = list(_claims(appends))
        self._partitions = sorted({placed.partition for placed in self._placed})
        self.events = sum(len(placed.write.events) for placed in self._placed)

    @property
    def parameters(self) -> list[Column]:
        """Sparing: the driver takes 0.2-0.7 µs for each element of an array, more than all else here."""
        return [
            self._partitions,
            *_command_columns(self._appends),
            *_write_columns(self._placed),
            *_claim_columns(self._claims),
            *_event_columns(self._placed),
        ]

    def results(self, row: asyncpg.Record) -> list[Result | None]:
        """What came of each append, in their order; None: its key has an answer already, to be looked up."""
        lost = self._lost(row)
        ends: dict[int, int] = dict(zip(self._partitions, row["base"] or (), strict=True))
        streams: list[dict[UUID, StreamRange]] = [{} for _ in self._appends]
        for command, write, partition, _ in self._placed:
            if command not in lost and write.events:
                ends[partition] += len(write.events)
                range_ = StreamRange(write.first, write.last, partition, ends[partition])
                if write.org_id is None:
                    streams[command - 1][write.stream_id] = range_
        recorded = row["recorded"]
        return [lost[n] if n in lost else Appended(mine, recorded) for n, mine in enumerate(streams, 1)]

    def _lost(self, row: asyncpg.Record) -> Mapping[int, Result | None]:
        """The losers by number. A repeat is a repeat first, and out of date before it is refused a claim."""
        lost: dict[int, Result | None] = {}
        for claim_number, holder in zip(row["taken"] or (), row["holders"] or (), strict=True):
            command, _, claim, _ = self._claims[claim_number - 1]
            lost.setdefault(command, Taken(claim, holder))
        stale: defaultdict[int, list[UUID]] = defaultdict(list)
        for write_number in row["stale"] or ():
            command, write, _, _ = self._placed[write_number - 1]
            stale[command].append(write.stream_id)
        lost |= {command: Stale(tuple(stream_ids)) for command, stream_ids in stale.items()}
        return lost | dict.fromkeys(row["answered"] or ())


def _place(appends: Sequence[Append]) -> Iterator[_Placed]:
    ends: defaultdict[int, int] = defaultdict(int)
    for command, append in enumerate(appends, 1):
        if append.outcome == "accepted":
            for write in append.writes:
                partition = partition_of(write.partition_key)
                yield _Placed(command, write, partition, ends[partition])
                ends[partition] += len(write.events)


def _claims(appends: Sequence[Append]) -> Iterator[_Claimed]:
    for command, append in enumerate(appends, 1):
        for write in append.writes:
            for claim in write.releases:
                yield _Claimed(command, write, claim, False)
            for claim in write.takes:
                yield _Claimed(command, write, claim, True)


def _command_columns(appends: Sequence[Append]) -> Iterator[Column]:
    yield [append.org_id for append in appends]
    yield [append.caller for append in appends]
    yield _sparse([append.key for append in appends])
    yield [append.digest for append in appends]
    yield _sparse([None if append.outcome == "accepted" else append.outcome for append in appends])
    yield _sparse([None if append.key is None else _remembered(append) for append in appends])
    yield _sparse([append.problem for append in appends])
    yield [append.correlation_id for append in appends]
    yield _sparse([append.causation_id for append in appends])
    yield _sparse([append.trace for append in appends])
    yield _sparse([None if append.origin == "live" else append.origin for append in appends])


def _remembered(append: Append) -> str:
    own = [write for write in append.writes if write.org_id is None]
    streams = [{"id": write.stream_id, "first": write.first, "last": write.last} for write in own]
    return msgspec.json.encode(streams).decode("ascii")


def _write_columns(placed: Sequence[_Placed]) -> Iterator[Column]:
    yield [command for command, _, _, _ in placed]
    yield _sparse([write.org_id for _, write, _, _ in placed])
    yield [write.stream_id for _, write, _, _ in placed]
    yield [write.kind for _, write, _, _ in placed]
    yield [write.partition_key for _, write, _, _ in placed]
    yield [partition for _, _, partition, _ in placed]
    yield [write.expected_version for _, write, _, _ in placed]
    yield [write.last for _, write, _, _ in placed]
    yield [rank for _, _, _, rank in placed]


def _claim_columns(claims: Sequence[_Claimed]) -> Iterator[Column]:
    if not claims:
        yield from (None,) * 5
        return
    yield [command for command, _, _, _ in claims]
    yield [write.stream_id for _, write, _, _ in claims]
    yield [claim.kind for _, _, claim, _ in claims]
    yield [claim.digest for _, _, claim, _ in claims]
    yield [take for _, _, _, take in claims]


def _event_columns(placed: Sequence[_Placed]) -> Iterator[Column]:
    numbered: list[tuple[int, int, NewEvent]] = [
        (number, version, event)
        for number, (_, write, _, _) in enumerate(placed, 1)
        for version, event in enumerate(write.events, write.first)
    ]
    if not numbered:
        yield from (None,) * 9
        return
    yield [write for write, _, _ in numbered]
    yield [version for _, version, _ in numbered]
    yield [event.event_id for _, _, event in numbered]
    yield [event.type for _, _, event in numbered]
    yield [event.schema_version for _, _, event in numbered]
    yield [event.data for _, _, event in numbered]
    yield _sparse([event.personal for _, _, event in numbered])
    yield [event.occurred_at for _, _, event in numbered]
    yield _sparse([event.gate or None for _, _, event in numbered])


def _sparse(column: list[Any]) -> Column:
    return column if any(element is not None for element in column) else None
