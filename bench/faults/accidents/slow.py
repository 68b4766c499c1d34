"""A consumer that cannot keep up: its memory stays bounded, and it says so long before anything is lost."""

from __future__ import annotations

import asyncio
from random import Random

from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System, until
from bench.harness import MOST_WORKER_MB
from ops.local.supervising import readiness

SECONDS_OF_A_PIECE = 0.4
"""So long waits every piece that PostgreSQL sends to the worker."""
BURST = 20_000
SECONDS_TO_SAY_SO = 40.0


async def _inject(system: System, load: Load, random: Random) -> int:
    wire, worker = system.wires["worker", "postgres"], system.programs["worker"]
    most = 0.0

    async def alarmed() -> bool:
        nonlocal most
        most = max(most, worker.memory_mb)
        (answer,) = (await readiness.ask({"worker": system.settings.port["worker"]})).values()
        return "lag" in answer.body.get("degraded", {})

    wire.delay = SECONDS_OF_A_PIECE
    try:
        burst = asyncio.create_task(load.burst(BURST))
        await until("the worker says that it lags", alarmed, SECONDS_TO_SAY_SO)
        await burst
        await alarmed()
    finally:
        wire.delay = 0.0
    assert most < MOST_WORKER_MB, f"the worker took {most:.0f} MB"
    return 1


SLOW_WORKER = Fault("a worker that cannot keep up", _inject)
