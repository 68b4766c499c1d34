"""Faults drawn at random for as long as one likes, on systems that are made anew now and then."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bench.faults.accidents import clocks, groups, killing, network, servers, slow, topics
from bench.faults.oracle import Fault, Line, survive
from bench.faults.system import System, running
from bench.faults.table import rows, text
from bench.harness import Tell, machine

MINUTES = 10.0
MOST_FAULTS = 12
"""Of one system: the oracle reads everything that was ever said, which costs more and more."""


@dataclass
class Campaign:
    """What the faults of one seed came to."""

    seed: str
    minutes: float
    lines: list[Line] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Faults of which the system did not recover, with what was waited for."""
    machine: dict[str, Any] = field(default_factory=machine)

    @property
    def met(self) -> bool:
        return not self.failures and all(line.ok for line in self.lines)

    def document(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "minutes": self.minutes,
            "met": self.met,
            "faults": rows(self.lines),
            "wrong": [line.document() for line in self.lines if not line.ok],
            "failures": self.failures,
            "machine": self.machine,
        }

    def text(self) -> str:
        wrong = [str(line) for line in self.lines if not line.ok]
        again = f"./rapport bench faults --minutes {self.minutes:g} --seed {self.seed}"
        return "\n".join([text(self.lines), *wrong, *self.failures, f"repeat it with {again}"])


def every() -> list[Fault]:
    """All that this machine allows, save those that need a disk of their own."""
    return [
        *map(killing.at, killing.POINTS),
        *map(killing.any_time, killing.NAMES),
        *servers.FAULTS,
        *map(network.reset, network.PAIRS),
        *map(network.swallowed, network.PAIRS),
        *topics.FAULTS,
        *map(groups.woken, groups.STOPS),
        groups.WORKERS,
        *(clocks.wrong(name, hours) for name in clocks.WHO for hours in clocks.HOURS if clocks.library()),
        slow.SLOW_WORKER,
    ]


def measure(tell: Tell, minutes: float = MINUTES, seed: str = "") -> Campaign:
    """Every fault once in a random order, and again, until the time is up."""
    campaign = Campaign(seed or secrets.token_hex(3), minutes)
    asyncio.run(_strike(campaign, tell, time.monotonic() + 60 * minutes))
    return campaign


async def _strike(campaign: Campaign, tell: Tell, end: float) -> None:
    draws = drawn(Random(campaign.seed))
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as folder:
        while time.monotonic() < end:
            tell("a new system")
            async with AsyncExitStack() as stack:
                system = await stack.enter_async_context(running())
                for _ in range(MOST_FAULTS):
                    if time.monotonic() > end or not await _struck(
                        campaign, system, next(draws), Path(folder), tell
                    ):
                        break


def drawn(random: Random) -> Iterator[Fault]:
    """Without end: all in a random order, then all in another."""
    while True:
        faults = every()
        random.shuffle(faults)
        yield from faults


async def _struck(campaign: Campaign, system: System, fault: Fault, folder: Path, tell: Tell) -> bool:
    """Whether the system is whole afterwards."""
    number = len(campaign.lines) + len(campaign.failures) + 1
    tell(f"{number}: {fault.name}")
    seed = f"{campaign.seed}-{number}"
    try:
        line = await survive(system, fault, seed, folder / seed)
    except (TimeoutError, AssertionError) as error:
        campaign.failures.append(f"{fault.name}: {error}")
        return False
    campaign.lines.append(line)
    return line.ok
