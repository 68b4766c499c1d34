"""Whether what views hold is whole up to a time: everything that was recorded by then has come to them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from kernel.database import database_away
from kernel.log.horizon import Horizon
from kernel.taking.checkpoints import Connection, Head
from kernel.view import reading
from kernel.view.history import horizons
from kernel.view.view import View
from kernel.web.problems import Problem

LONGEST_AHEAD = 1.0
"""Seconds by which a caller's clock may be ahead of ours."""
LONGEST_WAIT = 3.0
"""Relays tell once a second how far their logs are known; of a time that is ahead, that is a second later."""
PAUSE = 0.05


async def until_whole(
    pool: asyncpg.Pool,
    views: Sequence[View[Any]],
    moment: datetime,
    pointer: str,
    services: Collection[str] = (),
) -> None:
    """Waits until the live versions are whole up to the moment; 422 where it is yet to come, else 503.

    Where `services` are named, what others have told does not count.
    """
    with database_away():
        ahead = await pool.fetchval(
            "SELECT extract(epoch FROM $1::timestamptz - clock_timestamp())::float8", moment
        )
    if ahead > LONGEST_AHEAD:
        raise Problem(
            "invalid", "Nobody knows yet what will have been: name a time that is past.", pointer=pointer
        )
    until = asyncio.get_running_loop().time() + LONGEST_WAIT
    while True:
        with database_away():
            if await is_whole(pool, views, moment, services):
                return
        if asyncio.get_running_loop().time() > until:
            raise behind()
        await asyncio.sleep(PAUSE)


async def require_whole(
    db: Connection, views: Sequence[View[Any]], moment: datetime, services: Collection[str] = ()
) -> None:
    """The same of one snapshot, without waiting."""
    if not await is_whole(db, views, moment, services):
        raise behind()


async def is_whole(
    db: Connection, views: Sequence[View[Any]], moment: datetime, services: Collection[str] = ()
) -> bool:
    """Whether each partition of each service that the live versions read has come that far."""
    told = await horizons.every(db)
    return all(
        _is_known(checkpoint.head(service), checkpoint.partition, service, told, moment)
        for version, checkpoint in await reading.live_checkpoints(db, views)
        for service in version.services
        if not services or service in services
    )


def _is_known(head: Head, partition: int, service: str, told: Sequence[Horizon], moment: datetime) -> bool:
    """By what was told, or by the last event taken: of one partition, later events are recorded later.

    A former generation's horizon still counts: the events that it speaks of kept their positions.
    """
    return (head.recorded is not None and moment < head.recorded) or any(
        horizon.service == service
        and horizon.generation <= head.generation
        and horizon.positions[partition] <= head.position
        and moment <= horizon.until
        for horizon in told
    )


def behind() -> Problem:
    return Problem(
        "view-behind",
        "Not everything that was recorded by then is known to have come to the views: ask again.",
    )
