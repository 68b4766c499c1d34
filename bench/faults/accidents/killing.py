"""Processes that die without a word: at a named point of their work, or at any moment."""

from __future__ import annotations

from random import Random

from bench.faults.heads import behind, stored
from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System, until_none

DEATH = 137
MOST_TIMES = 9
"""The point is reached so often, at most, before the process dies there."""
SECONDS_TO_DIE = 60.0

POINTS = {
    "contacts before its commit": ("contacts", "append.decided"),
    "contacts between commit and answer": ("contacts", "append.committed"),
    "sales before its commit": ("sales", "append.decided"),
    "sales between commit and answer": ("sales", "append.committed"),
    "the relay before Kafka's acknowledgement": ("contacts_relay", "relay.handed"),
    "the relay between acknowledgement and mark": ("contacts_relay", "relay.sent"),
    "the relay after its mark": ("contacts_relay", "relay.marked"),
    "the worker before a view's commit": ("worker", "view.folded"),
    "the worker after a view's commit": ("worker", "view.committed"),
    "the reaction before its commit": ("sales_react", "reaction.folded"),
    "the reaction after its commit": ("sales_react", "reaction.committed"),
    "the reaction before its command's commit": ("sales_react", "append.decided"),
    "the reaction between its command's commit and the outbox": ("sales_react", "reaction.answered"),
}
"""Which process dies, and at which failpoint."""

NAMES = ("contacts", "sales", "views", "contacts_relay", "sales_relay", "sales_react", "worker")
"""Who may die at any moment."""


def at(point: str) -> Fault:
    """Death at one of POINTS."""
    name, failpoint = POINTS[point]

    async def inject(system: System, load: Load, random: Random) -> int:
        times = random.randint(1, MOST_TIMES)
        await system.programs[name].restart(RAPPORT_FAILPOINT=f"{failpoint}*{times}")
        code = await system.programs[name].ended(SECONDS_TO_DIE)
        assert code == DEATH, f"{name} ended by itself, with exit code {code}"
        return 1

    return Fault(f"kill -9 of {point}", inject)


async def _caught_up(system: System) -> None:
    """A process that has just been started does nothing yet that its death could interrupt."""
    goal = await stored(system.settings)
    await until_none(lambda: behind(system.settings, goal))


def any_time(name: str, times: int = 3) -> Fault:
    """Death of one process at whatever it does, some times in a row; in between it has caught up."""

    async def inject(system: System, load: Load, random: Random) -> int:
        for _ in range(times):
            await system.ready(name)
            await _caught_up(system)
            await load.more(random.randint(1, 12))
            program = system.programs[name]
            program.kill()
            await program.ended(SECONDS_TO_DIE)
        return times

    return Fault(f"kill -9 of {name} at any moment", inject)
