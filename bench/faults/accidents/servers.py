"""PostgreSQL and Kafka killed, stopped for a while, and started again."""

from __future__ import annotations

import asyncio
import signal
from random import Random

from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System

SECONDS_STOPPED = 20.0
SECONDS_AWAY = 1.0


def ended(server: str, how: signal.Signals, what: str) -> Fault:
    """The server ends by this signal, and is started a moment later."""

    async def inject(system: System, load: Load, random: Random) -> int:
        program = system.programs[server]
        await program.end(how)
        await asyncio.sleep(random.uniform(0, SECONDS_AWAY))  # its clients notice, or do not
        program.start()
        await system.serving(server)
        return 1

    return Fault(what, inject)


def stopped(server: str, what: str, seconds: float = SECONDS_STOPPED) -> Fault:
    """The server keeps every connection and says nothing."""

    async def inject(system: System, load: Load, random: Random) -> int:
        system.programs[server].stop()
        try:
            await asyncio.sleep(seconds)  # that long is the fault
        finally:
            system.programs[server].go_on()
        return 1

    return Fault(what, inject)


FAULTS = (
    ended("kafka", signal.SIGKILL, "Kafka killed and started again"),
    ended("kafka", signal.SIGTERM, "Kafka restarted"),
    stopped("kafka", f"Kafka stopped for {SECONDS_STOPPED:g} s"),
    # SIGQUIT is PostgreSQL's immediate shutdown: what was not committed is gone, as are its buffers.
    ended("postgres", signal.SIGQUIT, "PostgreSQL stopped immediately and started again"),
    ended("postgres", signal.SIGKILL, "PostgreSQL killed and started again"),
)
