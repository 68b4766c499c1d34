"""How long a log is waited for that its relay is publishing."""

from __future__ import annotations

import asyncio

import pytest

from kernel.database import connect_pool
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from ops.republishing import publishing
from ops.republishing.publishing import published


async def test_a_log_that_always_grows_is_published_once_all_is_there_that_was_then(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = await connect_pool(database, "contacts_log", max_size=1)
    look = publishing._marks

    async def always_one_behind(*asked: object) -> object:
        await pool.execute("UPDATE counter SET last = last + 1")
        await pool.execute(
            "UPDATE mark SET position = last - 1 FROM counter c WHERE c.partition = mark.partition"
        )
        return await look(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_marks", always_one_behind)
    monkeypatch.setattr(publishing, "SECONDS_UNTIL_ALL_KNOW", 0.3)
    async with asyncio.timeout(20):
        found = await published(database, pool, "contacts", lambda _: None)
    assert found.generation == 1
    assert len(found.kept) == PARTITIONS
    assert found.events >= 2 * PARTITIONS
    await pool.close()
