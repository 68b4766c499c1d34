"""What the log knew of some contacts by a time: the journal's events, read and opened for the folds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from kernel.log.facts import UnknownVersion
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.opening import open_personal
from kernel.view.history.aside import Aside, set_aside
from kernel.view.reading import live
from kernel.view.view import View
from kernel.web.inquiry import Inquiry
from kernel.web.problems import Problem, unavailable
from services.projections.operations.journal import JOURNAL

MOST_EVENTS = 10_000
"""Events that are folded for one answer."""
TOO_MANY = "too-many-events"
EVER = datetime.max.replace(tzinfo=UTC)
AT_ONCE = 200
"""Events that are read while other answers wait: about two milliseconds."""

COUNT = """
SELECT count(*) FROM (
    SELECT FROM {table} WHERE subject_id = ANY($1) AND type = ANY($2) AND recorded_at <= $3 LIMIT $4
) entry"""

ENTRIES = """
SELECT service, partition, position, recorded_at, value
FROM {table} WHERE subject_id = ANY($1) AND type = ANY($2) AND recorded_at <= $3"""


class Memory:
    """The journal up to a time, for one answer: no more events than one answer may be made of."""

    def __init__(self, inquiry: Inquiry, until: datetime | None) -> None:
        self.inquiry = inquiry
        self.until = until or EVER
        self._left = MOST_EVENTS

    async def events(
        self, reading: Reading, subjects: Collection[UUID], types: Iterable[str] | None = None
    ) -> list[Arrival]:
        """What speaks of these subjects and the reading's views read, or of that these types, in the order in
        which it was recorded; 422 `too-many-events`, before any is loaded."""
        if not subjects:
            return []
        db, wanted = self.inquiry.db, list(reading.types if types is None else types)
        table = await live(db, JOURNAL)
        asked = list(subjects), wanted, self.until
        self._left -= await db.fetchval(COUNT.format(table=table), *asked, self._left + 1)
        if self._left < 0:
            raise Problem(
                TOO_MANY, f"This is made of more than {MOST_EVENTS:,} events: ask for an earlier time."
            )
        return await self._read(reading, await db.fetch(ENTRIES.format(table=table), *asked))

    async def _read(self, reading: Reading, records: Iterable[asyncpg.Record]) -> list[Arrival]:
        # One that speaks of two of the subjects is there twice.
        places = {
            (one["recorded_at"], one["service"], one["partition"], one["position"]): one for one in records
        }
        ordered = [places[place] for place in sorted(places)]
        arrivals: list[Arrival] = []
        for first in range(0, len(ordered), AT_ONCE):
            found = [_arrival(reading, one) for one in ordered[first : first + AT_ONCE]]
            await open_personal(self.inquiry.vault, reading.personal, found)
            arrivals += found
            await asyncio.sleep(0)
        return arrivals


async def left_out(db: asyncpg.Connection, views: Sequence[View[Any]], services: Collection[str]) -> Aside:
    """What of these services the views have set aside; 503 where the journal lacks more than that."""
    aside = await set_aside(db, (*views, JOURNAL))
    lacking = set(aside[JOURNAL.name]).difference(*(aside[view.name] for view in views))
    if any(service in services for service, _, _ in lacking):
        raise unavailable(
            "The journal has set events aside that are shown: they are to be retried, or it rebuilt."
        )
    return aside


def _arrival(reading: Reading, entry: asyncpg.Record) -> Arrival:
    """Raises UnknownVersion; what else cannot be read no view has taken either."""
    position: int = entry["position"]
    arrival = reading.read(entry["service"], 1, entry["partition"], position - 1, entry["value"])
    envelope = arrival.envelope
    if envelope and arrival.failure and envelope.schema_version > reading.types[envelope.type].version:
        raise UnknownVersion(arrival.failure.reason)
    return arrival


def in_order(arrivals: Iterable[Arrival]) -> Sequence[Arrival]:
    """As they were recorded; of the same moment by their places."""
    return sorted(arrivals, key=_place)


def _place(arrival: Arrival) -> tuple[datetime, str, int, int]:
    at = arrival.envelope.recorded_at if arrival.envelope else EVER
    return at, arrival.service, arrival.partition, arrival.position
