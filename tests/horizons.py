"""What relays tell of logs in which nothing happens, for tests of the views alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kernel.database import connect_pool
from kernel.log.horizon import Horizon
from kernel.log.partitions import PARTITIONS
from kernel.settings import SERVICES, Settings
from kernel.view.history.horizons import remember


async def tell_that_nothing_happens(settings: Settings) -> None:
    """Nor will it, for as long as a test runs."""
    until = datetime.now(UTC) + timedelta(days=1)
    pool = await connect_pool(settings, "projections_log", max_size=1)
    for service in SERVICES:
        await remember(pool, Horizon(service, 1, until, (0,) * PARTITIONS))
    await pool.close()
