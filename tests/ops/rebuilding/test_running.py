"""A filled version that the workers bring up to the log is waited for without a hand on what they need."""

from __future__ import annotations

import asyncio
from pathlib import Path

from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints
from kernel.view.building import beside
from ops.rebuilding.filling import How, filled
from ops.rebuilding.running import caught_up
from services.projections.customers.person import PERSON
from tests.connecting import owning
from tests.ops.verify.showing import showing


async def test_who_waits_for_a_version_and_the_workers_wait_for_no_lock_of_each_other(
    settings: Settings, postgres: str, tmp_path: Path
) -> None:
    async with showing(settings, postgres, tmp_path) as shown, owning(shown.log.settings) as owner:
        await shown.log.publish()
        pace = await filled(shown.log.settings, owner, PERSON, How(workers=1), lambda _: None)
        await beside.follow(owner, pace.version)
        async with shown.worker.acquire() as db, db.transaction():
            for taker in (PERSON, pace.version):
                await checkpoints.lock(db, taker, range(PARTITIONS))
            async with asyncio.timeout(5):
                await caught_up(owner, PERSON, pace.version, lambda _: None)
