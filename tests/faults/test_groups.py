"""Several processes of one kind share their work, whoever stops, comes or goes."""

import pytest

from bench.faults.accidents.groups import STOPS, WORKERS, woken
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("name", STOPS)
async def test_a_process_that_wakes_up_beside_its_successor_costs_nothing(
    survived: Surviving, name: str
) -> None:
    await survived(woken(name))


async def test_workers_that_come_and_go_during_a_rebuild_cost_nothing(survived: Surviving) -> None:
    await survived(WORKERS)
