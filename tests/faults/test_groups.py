"""Several processes of one kind share their work, whoever stops, comes or goes."""

import pytest

from bench.faults.groups import SECOND_RELAY, WORKERS
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_relay_that_wakes_up_beside_its_successor_costs_nothing(survived: Surviving) -> None:
    await survived(SECOND_RELAY)


async def test_workers_that_come_and_go_during_a_rebuild_cost_nothing(survived: Surviving) -> None:
    await survived(WORKERS)
