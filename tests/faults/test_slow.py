"""A consumer that cannot keep up takes no more memory, says that it is behind, and loses nothing."""

import pytest

from bench.faults.accidents.slow import SLOW_WORKER
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_slow_worker_stays_small_says_so_and_loses_nothing(survived: Surviving) -> None:
    await survived(SLOW_WORKER)
