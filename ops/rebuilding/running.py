"""A rebuild from its beginning to the version that may be read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from kernel.archive.format.files import Unfit
from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints, generations
from kernel.view.building import beside
from kernel.view.view import View
from ops.alone import alone
from ops.errors import CannotRun
from ops.rebuilding import crew
from ops.rebuilding.pacing import Pacing
from ops.rebuilding.sources import source
from ops.settings import away

LIVE = "SELECT live FROM view WHERE name = $1"

SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_LINES = 2.0
SECONDS_TO_CATCH_UP = 120.0

Say = Callable[[str], None]


@asynccontextmanager
async def owning(settings: Settings, view: View[Any]) -> AsyncIterator[asyncpg.Connection]:
    """The views' schema as its owner, who may make and drop tables, for one process at a time.

    Raises CannotRun.
    """
    if "projections_owner" not in settings.dsn:
        raise CannotRun("the settings name no DSN of projections_owner, who makes a view's tables.")
    try:
        pool = await connect_pool(settings, "projections_owner", max_size=1, command_timeout=None)
        try:
            with database_away():
                async with pool.acquire() as owner:
                    await alone(owner, "rebuild", view.name, f"{view.name} is being rebuilt")
                    yield owner
        finally:
            await pool.close()
    except DatabaseAway as error:
        raise away(error) from error
    except (KafkaError, Unfit, beside.Refused) as error:
        raise CannotRun(str(error)) from error


@dataclass
class Pace:
    """Tells how far a build is, and holds it back."""

    name: str
    total: int
    say: Say
    pacing: Pacing
    taken: int = 0
    told: float = 0.0
    began: float = field(default_factory=time.monotonic)

    async def tell(self, records: int) -> None:
        self.taken += records
        await self.pacing.rest(records)
        rate = self.taken / max(self.seconds, 0.001)
        left = max(0, self.total - self.taken) / max(rate, 1)
        if self.seconds < self.told + SECONDS_BETWEEN_LINES:
            return
        self.told = self.seconds
        self.say(f"{self.name}: {self.taken:,} of {self.total:,} events, {rate:,.0f}/s, {left:.0f} s left")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


async def rebuild(
    settings: Settings,
    owner: asyncpg.Connection,
    view: View[Any],
    workers: int | None,
    archive: Path | None,
    most: int | None,
    say: Say,
) -> tuple[View[Any], dict[str, Any]]:
    """Fills a version beside the one that is read and has it followed; what it was. Raises CannotRun."""
    version, pace = await _filled(settings, owner, view, workers, archive, most, say)
    await beside.follow(owner, version)
    await caught_up(owner, view, version, say)
    return version, {
        "version": version.table_name,
        "events": pace.taken,
        "seconds": round(pace.seconds, 1),
        "per_second": round(pace.taken / max(pace.seconds, 0.001)),
    }


async def _filled(
    settings: Settings,
    owner: asyncpg.Connection,
    view: View[Any],
    workers: int | None,
    archive: Path | None,
    most: int | None,
    say: Say,
) -> tuple[View[Any], Pace]:
    """What cannot be opened leaves no version behind."""
    names = await generations.topics(owner, settings, view.services)
    async with source(settings, names, archive) as log:
        version = await beside.begun(owner, view)
        heads = (await checkpoints.every(owner, [version]))[version.taker]
        pacing = Pacing(owner, log, version.name, most)
        pace = Pace(version.table_name, await log.left(heads), say, pacing)
        workers = workers or crew.size(pace.total)
        await crew.fill(settings, version, archive, range(PARTITIONS), workers, pace.tell)
    return version, pace


async def caught_up(owner: asyncpg.Connection, view: View[Any], version: View[Any], say: Say) -> None:
    """Until the version lacks nothing that the live one had just now. Raises CannotRun."""
    say(f"{version.table_name}: built, the workers bring it up to the log")
    live = await owner.fetchval(LIVE, view.name)
    until = time.monotonic() + SECONDS_TO_CATCH_UP
    asked: dict[int, checkpoints.Checkpoint] | None = None
    while True:
        async with owner.transaction():
            held = await beside.heads(owner, [live, version.table_name])
        asked = asked or held[live]
        sentence = beside.lacking(asked, held[version.table_name], version.services)
        if sentence is None:
            return
        if time.monotonic() > until:
            raise CannotRun(f"{sentence} Is the worker running? `rapport views` tells how far it is.")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
