"""A full disk stops what needs it, and costs nothing that was answered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.faults.accidents.disk import FULL, small
from bench.faults.oracle import survive
from bench.faults.system import running
from bench.faults.systems import seed_of
from tests.faults.conftest import SEED, Showing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with small(tmp_path / "disk") as folder:
            yield folder
    except OSError as error:
        pytest.skip(f"this process may not mount a disk: {error}")


async def test_a_full_disk_costs_nothing(disk: Path, tmp_path: Path, show: Showing) -> None:
    async with running(disk) as system:
        show(await survive(system, FULL, seed_of(SEED, FULL), tmp_path / "acks"))
