"""Whatever a stranger puts on a topic: what is said twice counts once; what is wrong is told and mended."""

import pytest

from bench.faults.accidents.folds import FAILING_FOLD
from bench.faults.accidents.topics import FAULTS
from bench.faults.oracle import Fault
from tests.faults.conftest import Surviving

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_what_a_stranger_puts_on_a_topic_costs_nothing(survived: Surviving, fault: Fault) -> None:
    await survived(fault)


async def test_events_that_a_fold_fails_on_are_taken_in_order_once_it_is_mended(survived: Surviving) -> None:
    await survived(FAILING_FOLD)
