"""Several processes of one kind share their work, whoever stops, comes or goes."""

import pytest

from bench.faults.accidents.groups import STOPS, WORKERS, woken
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


# Known: a reaction that wakes up beside its successor was seen to stand still on its last records.
STANDS_STILL = pytest.mark.xfail(raises=TimeoutError, strict=False, reason="a reaction may stand still")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=STANDS_STILL) if name == "sales_react" else name for name in STOPS]
)
async def test_a_process_that_wakes_up_beside_its_successor_costs_nothing(
    survived: Surviving, name: str
) -> None:
    await survived(woken(name))


async def test_workers_that_come_and_go_during_a_rebuild_cost_nothing(survived: Surviving) -> None:
    await survived(WORKERS)
