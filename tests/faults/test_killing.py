"""Whichever process dies, and wherever in its work: nothing is lost, doubled or out of order."""

import pytest

from bench.faults.accidents import killing
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("point", killing.POINTS)
async def test_a_death_at_a_named_point_costs_nothing(survived: Surviving, point: str) -> None:
    await survived(killing.at(point))


@pytest.mark.parametrize("name", killing.NAMES)
async def test_deaths_at_any_moment_cost_nothing(survived: Surviving, name: str) -> None:
    await survived(killing.any_time(name))
