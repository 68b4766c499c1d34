"""A process whose clock is wrong loses, doubles and reorders nothing: what counts is the database's clock."""

import pytest

from bench.faults.accidents import clocks
from tests.faults.conftest import Surviving

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(clocks.library() is None, reason="libfaketime is not installed, nor in LIBFAKETIME"),
]


@pytest.mark.parametrize("hours", clocks.HOURS)
@pytest.mark.parametrize("name", clocks.WHO)
async def test_a_clock_that_is_an_hour_wrong_costs_nothing(
    survived: Surviving, name: str, hours: str
) -> None:
    await survived(clocks.wrong(name, hours))
