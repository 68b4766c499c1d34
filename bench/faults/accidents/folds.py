"""A fold that fails on some events: their streams are parked, and taken in order once it is sound again."""

from __future__ import annotations

import sys
from random import Random

from bench.faults.loading.load import Load
from bench.faults.operator import ask, begin, listed
from bench.faults.oracle import Fault
from bench.faults.system import System, until

FAILING = (sys.executable, "-P", "-m", "bench.folding.poisoned")
LEAST = 3
"""Events that are parked, before the fold is mended."""


async def _failing_fold(system: System, load: Load, random: Random) -> int:
    worker = system.programs["worker"]
    sound = worker.command

    async def parked() -> bool:
        return len((await listed(system))["events"]) >= LEAST

    async def taken() -> bool:
        await ask(await begin(system, "parked", "retry", "--all"))
        return not (await listed(system))["events"]

    await worker.end()
    worker.command = FAILING
    worker.start()
    try:
        await until("some events are parked", parked)
        await load.more(random.randint(20, 60))
    finally:
        await worker.end()
        worker.command = sound
        worker.start()
    await until("what was parked is taken by the sound fold", taken)
    return 1


FAILING_FOLD = Fault("a fold that fails on some streams, until it is mended and retried", _failing_fold)
