"""PostgreSQL and Kafka may end or fall silent, and come back: nothing is lost, doubled or out of order."""

import pytest

from bench.faults.accidents.servers import FAULTS
from bench.faults.oracle import Fault
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_server_that_goes_away_costs_nothing(survived: Surviving, fault: Fault) -> None:
    await survived(fault)
