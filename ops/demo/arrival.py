"""Waits until every view shows what every service has appended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from kernel.database import connect_pool
from kernel.settings import SERVICES, Settings
from kernel.view.reading import reached
from services.projections.app import VIEWS

LOOK_EVERY = 0.1
"""Seconds."""

LAST = "SELECT partition, last FROM counter"


async def until_shown(settings: Settings, left: Callable[[int], None]) -> None:
    """Returns when no view lacks an event that stands in a log now; `left` is told how many are lacking."""
    logs = {name: await connect_pool(settings, f"{name}_log", min_size=1, max_size=1) for name in SERVICES}
    views = await connect_pool(settings, "projections_app", min_size=1, max_size=1)
    try:
        ends = {name: dict(await pool.fetch(LAST)) for name, pool in logs.items()}
        while lacking := await _lacking(views, ends):
            left(lacking)
            await asyncio.sleep(LOOK_EVERY)
        left(0)
    finally:
        for pool in (*logs.values(), views):
            await pool.close()


async def _lacking(views: asyncpg.Pool, ends: dict[str, dict[int, int]]) -> int:
    """By the view that is furthest behind."""
    worst = 0
    for view in VIEWS:
        positions = await reached(views, [view])
        at = {
            (service, partition): position
            for (service, _), found in positions.items()
            for partition, position in found.items()
        }
        lacking = sum(
            max(0, last - at.get((service, partition), 0))
            for service in view.services
            for partition, last in ends[service].items()
        )
        worst = max(worst, lacking)
    return worst
