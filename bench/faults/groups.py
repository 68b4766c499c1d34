"""Several processes of one kind: a relay that wakes up beside its successor, workers that come and go."""

from __future__ import annotations

import asyncio
import signal
from random import Random

from bench.faults.heads import published, stored
from bench.faults.load import Load
from bench.faults.operator import ask, begin
from bench.faults.oracle import Fault
from bench.faults.programs import Program
from bench.faults.system import System, until
from ops.local import ports

RELAY, STOPS = "contacts_relay", ("relay.handed", "relay.sent", "relay.marked")

VIEW, EVENTS_A_SECOND = "customer_360", 400
"""What is made anew meanwhile, and so slowly that it lasts through some changes."""
SECONDS_BETWEEN_CHANGES = 1.0
LEAST_CHANGES = 6


def another(system: System, name: str, number: int) -> Program:
    """One more process of this kind, not started; what ends it is final."""
    port = {**system.settings.port, name: ports.free(1)[0]}
    return system.program_of(f"{name}_{number}", like=name, kept=False, port=port)


async def _a_second_relay(system: System, load: Load, random: Random) -> int:
    first, second = system.programs[RELAY], another(system, RELAY, 2)
    await first.restart(RAPPORT_FAILPOINT=f"{random.choice(STOPS)}*{random.randint(1, 9)}:stop")
    try:
        await until(first.stands_still)
        second.start()
        goal = await stored(system.settings)
        await until(lambda: published(system.settings, goal))
        first.go_on()
        await load.more(60)
    finally:
        first.go_on()
        await second.end()
    return 1


async def _workers_come_and_go(system: System, load: Load, random: Random) -> int:
    others = [another(system, "worker", number) for number in (2, 3, 4)]
    for worker in others[:2]:
        worker.start()
    wish = ("--compare", "--switch", "--throttle", str(EVENTS_A_SECOND))
    rebuilding = await begin(system, "rebuild", VIEW, *wish)
    changes = 0
    try:
        while rebuilding.returncode is None or changes < LEAST_CHANGES:
            await asyncio.sleep(SECONDS_BETWEEN_CHANGES)  # the pace of the fault
            worker = random.choice(others)
            if worker.runs:
                await worker.end(random.choice((signal.SIGTERM, signal.SIGKILL)))
            else:
                worker.start()
            changes += 1
    finally:
        await asyncio.gather(*(worker.end() for worker in others))
    built = await ask(rebuilding)
    await ask(await begin(system, "rebuild", VIEW, "--drop", built["compared_with"]))
    return changes


SECOND_RELAY = Fault("a second relay while the first is stopped, which then goes on", _a_second_relay)
WORKERS = Fault("a worker joins or leaves every second of a rebuild", _workers_come_and_go)
