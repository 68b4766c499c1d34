"""A log with streams that the view `parcel` cannot take, and the fold that can."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import msgspec

from kernel.taking.fact import Fact
from tests.parcels import views
from tests.parcels.events import ParcelPosted, ParcelSeen, ParcelWeighed
from tests.parcels.log import ORG, Log
from tests.parcels.views import PARCEL, POISON, Parcel

AT = datetime(2026, 2, 1, tzinfo=UTC)
BAD = uuid5(ORG, "bad parcel 0")


def a_log_with(grams: int, streams: int, log: Log | None = None) -> Log:
    """Streams whose second of four events weighs `grams`, and ten in which nothing is wrong."""
    log = log or Log()
    bad = [uuid5(ORG, f"bad parcel {number}") for number in range(streams)]
    good = [uuid5(ORG, f"parcel {number}") for number in range(10)]
    for stream in (*bad, *good):
        log.append(stream, ParcelPosted(contact_id=ORG, grams=1))
    for stream in (*bad, *good):
        weighed = grams if stream in bad else 2
        log.append(stream, ParcelWeighed(contact_id=ORG, grams=weighed, before=1))
    for place in ("depot", "door"):
        for stream in (*bad, *good):
            log.append(stream, ParcelSeen(place=place, at=AT))
    return log


def _mended(row: Parcel, fact: Fact[Any]) -> Parcel:
    if isinstance(fact.event, ParcelWeighed) and fact.event.grams == POISON:
        return msgspec.structs.replace(row, version=fact.envelope.version, grams=0)
    return views.parcel(row, fact)


mended = replace(PARCEL, fold=_mended)
"""The view that takes the poison too."""


async def numbers(pool: asyncpg.Pool, stream: UUID) -> list[int]:
    """Of what is parked of a stream, in order."""
    return [
        row["seq"]
        for row in await pool.fetch("SELECT seq FROM parked WHERE stream_id = $1 ORDER BY seq", stream)
    ]


async def reasons(pool: asyncpg.Pool) -> list[str]:
    """Of all that is parked, stream by stream."""
    rows = await pool.fetch("SELECT reason FROM parked ORDER BY stream_id, seq")
    return [row["reason"] for row in rows]
