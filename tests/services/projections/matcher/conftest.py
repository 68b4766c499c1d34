"""A meeting in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kernel.database import connect_pool
from kernel.log.lease import take
from kernel.settings import Settings
from kernel.vault.keys import wrapping_keys
from services.projections.matcher import leading, marks
from services.projections.matcher.leading import Matching
from tests.services.projections.desk import Desk
from tests.services.projections.matcher.meeting import Meeting
from tests.services.projections.sides import Sides


@pytest.fixture
async def meeting(database: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Meeting]:
    """Agreements are looked at in every step."""
    monkeypatch.setattr(leading, "SECONDS_BETWEEN_SETTLINGS", -1.0)
    pool = await connect_pool(database, "projections_match", max_size=3)
    lease = await take(pool, "matcher", "a test")
    assert lease is not None
    await marks.adopt(pool, lease)
    matching = Matching(pool, wrapping_keys(database.keys), asyncio.Event())
    yield Meeting(Sides(desk), pool, matching, lease)
    await pool.close()
