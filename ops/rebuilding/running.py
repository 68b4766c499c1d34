"""A rebuild from its beginning to the version that may be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from kernel.archive.format.files import Unfit
from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.failpoints import failpoint
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view.building import beside
from kernel.view.building.topics import NoTopic
from kernel.view.view import View
from ops.advance import Advance, Say
from ops.alone import alone
from ops.errors import CannotRun
from ops.patience import Patience
from ops.rebuilding.filling import How, filled
from ops.settings import away, kafka_away

LIVE = "SELECT live FROM view WHERE name = $1"


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
    except KafkaError as error:
        raise kafka_away(error, settings) from error
    except NoTopic as error:
        raise CannotRun(
            f"{error}: the relay of its service makes it where it has none yet, and "
            "`./rapport republish SERVICE` where it was lost."
        ) from error
    except (Unfit, beside.Refused) as error:
        raise CannotRun(str(error)) from error


async def rebuild(
    settings: Settings,
    owner: asyncpg.Connection,
    view: View[Any],
    how: How,
    say: Say,
) -> tuple[View[Any], dict[str, Any]]:
    """Fills a version beside the one that is read and has it followed; what it was. Raises CannotRun."""
    pace = await filled(settings, owner, view, how, say)
    version, seconds = pace.version, pace.advance.seconds
    await beside.follow(owner, version)
    failpoint("rebuild.followed")
    await caught_up(owner, view, version, say)
    return version, {
        "version": version.table_name,
        "events": pace.taken,
        "seconds": round(seconds, 1),
        "per_second": round(pace.taken / max(seconds, 0.001)),
    }


async def caught_up(owner: asyncpg.Connection, view: View[Any], version: View[Any], say: Say) -> None:
    """Until the version lacks nothing that the live one had just now: then it is built. Raises CannotRun."""
    say(f"{version.table_name}: built, the workers bring it up to the log")
    live = await owner.fetchval(LIVE, view.name)
    patience = Patience(Advance(f"{version.table_name}, by the workers", say))
    asked = (await checkpoints.named(owner, [live]))[live]
    first: int | None = None
    while True:
        taken = (await checkpoints.named(owner, [version.table_name]))[version.table_name]
        left = beside.missing(asked, taken, version.services).total()
        first = left if first is None else first
        if not left:
            await beside.finished(owner, version)
            return
        sentence = (
            f"{version.table_name} still lacks {left:,} events. Is the worker running? "
            "`./rapport views` tells how far it is."
        )
        await patience.wait(first - left, first, sentence)
