"""Two organisations at one desk, and who asks the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from tests.services.projections.desk import Desk
from tests.services.projections.sharing.two import Two


@pytest.fixture
async def two(database: Settings, desk: Desk) -> AsyncIterator[Two]:
    partner = await connect_pool(database, "projections_partner", max_size=1)
    matcher = await connect_pool(database, "projections_match", max_size=1)
    two = Two(desk, partner, matcher)
    await two.list_all()
    yield two
    await partner.close()
    await matcher.close()
