"""What cannot stay up is started again for ever, after pauses that grow no longer than half a minute."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from supervisor import events
from supervisor.process import Subprocess
from supervisor.states import ProcessStates

from ops.local.supervising import pauses


@pytest.fixture
def failing() -> Iterator[Subprocess]:
    """A process of a manager whose pauses are limited."""
    pauses.limit(None)
    yield Subprocess(SimpleNamespace(name="contacts", options=None))
    events.clear()


def pause(process: Subprocess) -> int:
    """Fails once more; for how many seconds the manager then waits."""
    process.state = ProcessStates.STARTING
    process.change_state(ProcessStates.BACKOFF)
    return round(process.delay - time.time())


def test_pauses_grow_to_half_a_minute_and_no_further(failing: Subprocess) -> None:
    assert [pause(failing) for _ in range(100)] == [*range(1, 30), *[30] * 71]
