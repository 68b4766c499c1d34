"""Whatever connection breaks or falls silent: nothing is lost, doubled or out of order."""

import pytest

from bench.faults.accidents import network
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("pair", network.PAIRS)
async def test_connections_that_are_reset_cost_nothing(survived: Surviving, pair: str) -> None:
    await survived(network.reset(pair))


@pytest.mark.parametrize("pair", network.PAIRS)
async def test_connections_that_swallow_everything_cost_nothing(survived: Surviving, pair: str) -> None:
    await survived(network.swallowed(pair))
