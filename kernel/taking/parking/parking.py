"""What a taker could not take: parked with the reason, and everything behind it in its stream."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import asyncpg

from kernel.taking.arrivals import Arrival, Failure, failure_of
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.fact import Fact, Stream
from kernel.taking.taker import Taker

BLOCKED = """
SELECT n.service, n.org_id, n.stream_id
FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS n (service, org_id, stream_id)
WHERE EXISTS (
    SELECT FROM parked p WHERE p.taker = $4
    AND p.org_id = n.org_id AND p.stream_id = n.stream_id AND p.service = n.service)"""

PARK = """
INSERT INTO parked (
    taker, partition, service, org_id, stream_id, position, generation, topic_offset, value, reason, frames)
SELECT $11, n.* FROM unnest($1::smallint[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::int[],
    $7::bigint[], $8::bytea[], $9::text[], $10::text[]) AS n"""

REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    OverflowError,
    UnicodeEncodeError,
)
"""What the database, or the way to it, raises for a value that it will never take."""

BEHIND = Failure("waits behind a parked event of its stream")

Parked = list[tuple[Arrival, Failure]]


def stream_of(arrival: Arrival) -> Stream | None:
    """The stream in which others wait behind it; None for what is no event."""
    envelope = arrival.envelope
    return None if envelope is None else (arrival.service, envelope.org_id, envelope.stream_id)


class TakenOrParked(Protocol):
    """How many events were taken, and which records could not be."""

    applied: int
    parked: Parked


class Step(Protocol):
    """One arrival, with its fact or why there is none that can be taken."""

    @property
    def arrival(self) -> Arrival: ...

    @property
    def fact(self) -> Fact[Any] | None: ...

    @property
    def failure(self) -> Failure | None: ...


S = TypeVar("S", bound=Step)


def take_or_park(
    found: Iterable[S], taken: TakenOrParked, blocked: set[Stream], fold: Callable[[S, Fact[Any]], None]
) -> None:
    """Folds the steps in order. One that fails is parked, and blocks its stream; `blocked` grows by those."""
    for step in found:
        failure = step.failure
        if blocked and stream_of(step.arrival) in blocked:
            failure = BEHIND
        elif step.fact is not None:
            try:
                fold(step, step.fact)
            except Exception as error:
                failure = failure_of(error)
        if failure is None:
            taken.applied += 1
            continue
        taken.parked.append((step.arrival, failure))
        if stream := stream_of(step.arrival):
            blocked.add(stream)


async def blocked(
    db: asyncpg.Connection, taker: Taker, heads: Mapping[int, Checkpoint], arrivals: Collection[Arrival]
) -> set[Stream]:
    """The streams among these of which something is parked; asked only where the heads know of something."""
    streams = {
        stream for arrival in arrivals if heads[arrival.partition].parked and (stream := stream_of(arrival))
    }
    if not streams:
        return set()
    arrays = [list(part) for part in zip(*streams, strict=True)]
    rows = await db.fetch(BLOCKED, *arrays, taker.taker)
    return {(row["service"], row["org_id"], row["stream_id"]) for row in rows}


def parking(taker: Taker, heads: Mapping[int, Checkpoint], parked: Parked) -> list[tuple[str, Sequence[Any]]]:
    """The statement, if one is needed, that sets records aside in their order; the heads count them."""
    if not parked:
        return []
    for arrival, _ in parked:
        heads[arrival.partition].parked += 1
    arrays = [list(part) for part in zip(*map(_line, parked), strict=True)]
    return [(PARK, [*arrays, taker.taker])]


def _line(found: tuple[Arrival, Failure]) -> Sequence[Any]:
    arrival, failure = found
    _, org_id, stream_id = stream_of(arrival) or ("", None, None)
    return (
        arrival.partition,
        arrival.service,
        org_id,
        stream_id,
        arrival.position or None,
        arrival.generation,
        arrival.offset,
        arrival.raw,
        failure.reason,
        frames_text(failure),
    )


def frames_text(failure: Failure) -> str:
    """A frame a line, the outermost first."""
    return "\n".join(failure.frames)
