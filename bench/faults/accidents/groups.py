"""Several processes of one kind: a relay that wakes up beside its successor, workers that come and go."""

from __future__ import annotations

import asyncio
import signal
from random import Random

from bench.faults.heads import behind, posted, stored, unsent
from bench.faults.leading import LED, one_leads
from bench.faults.loading.load import Load
from bench.faults.operator import ask, begin
from bench.faults.oracle import Fault
from bench.faults.programs import Program
from bench.faults.system import System, until, until_none
from ops.local import ports

STOPS = {
    "contacts_relay": ("relay.handed", "relay.sent", "relay.marked"),
    "worker": ("view.folded",),
    "sales_react": ("reaction.folded", "append.decided", "reaction.answered"),
}
"""Where each may be stopped: before it writes what it must not write any more once another has taken over."""

VIEW, EVENTS_A_SECOND = "customer_360", 400
"""What is made anew meanwhile, and so slowly that it lasts through some changes."""
SECONDS_BETWEEN_CHANGES = 1.0
LEAST_CHANGES = 6


def another(system: System, name: str, number: int, port: int = 0) -> Program:
    """One more process of this kind, not started, at `port` or a free one; what ends it is final."""
    told = {**system.settings.port, name: port or ports.free(1)[0]}
    return system.program_of(f"{name}_{number}", like=name, kept=False, port=told)


def woken(name: str) -> Fault:
    """The process stands still wherever it may, another takes over, and then the first goes on."""

    async def inject(system: System, load: Load, random: Random) -> int:
        for point in STOPS[name]:
            await _wake_up_at(f"{point}*{random.randint(1, 9)}:stop", name, system, load)
        return len(STOPS[name])

    return Fault(f"a second {name} while the first is stopped, which then goes on", inject)


async def _wake_up_at(where: str, name: str, system: System, load: Load) -> None:
    (port,) = ports.free(1)
    first, second = system.programs[name], another(system, name, 2, port)
    await first.restart(RAPPORT_FAILPOINT=where)
    try:
        await until(f"{name} stands still at {where}", first.stands_still)
        second.start()
        goal = await stored(system.settings)
        await until_none(lambda: behind(system.settings, goal))
        newest = await posted(system.settings)
        await until_none(lambda: unsent(system.settings, newest))
        first.go_on()
        await load.more(60)
        if name in LED:  # two that led for ever would repeat every record, which nothing counts as wrong
            await until(f"one {name} leads", lambda: one_leads(system.settings.port[name], port))
    finally:
        first.go_on()
        await second.end()


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
    if rebuilding.returncode:
        raise TimeoutError(f"{VIEW} is not made anew: exit code {rebuilding.returncode}")
    built = await ask(rebuilding)
    await ask(await begin(system, "rebuild", VIEW, "--drop", built["compared_with"]))
    return changes


WORKERS = Fault("a worker joins or leaves every second of a rebuild", _workers_come_and_go)
