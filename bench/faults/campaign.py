"""Faults drawn at random for as long as one likes, on systems that are made anew now and then."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bench.faults.accidents import clocks, folds, groups, killing, network, servers, slow, topics
from bench.faults.oracle import Fault, Line, survive
from bench.faults.systems import Systems, seed_of
from bench.faults.table import rows, text
from bench.harness import Tell, machine

MINUTES = 10.0


@dataclass
class Campaign:
    """What the faults of one seed came to."""

    seed: str
    minutes: float
    lines: list[Line] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Faults after which not all was well, each with where the logs are kept."""
    stopped: bool = False
    """By Ctrl-C, before its time was up."""
    machine: dict[str, Any] = field(default_factory=machine)

    @property
    def met(self) -> bool:
        return bool(self.lines) and not self.failures and all(line.ok for line in self.lines)

    def document(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "minutes": self.minutes,
            "stopped": self.stopped,
            "met": self.met,
            "faults": rows(self.lines),
            "wrong": [line.document() for line in self.lines if not line.ok],
            "failures": self.failures,
            "machine": self.machine,
        }

    def text(self) -> str:
        wrong = [str(line) for line in self.lines if not line.ok]
        again = f"./rapport bench faults --minutes {self.minutes:g} --seed {self.seed}"
        stopped = ["stopped before its time was up"] if self.stopped else []
        return "\n".join([text(self.lines), *wrong, *self.failures, *stopped, f"repeat it with {again}"])


def every(clocked: bool) -> list[Fault]:
    """All, save those that need a disk of their own; wrong clocks only where this machine can have them."""
    return [
        *map(killing.at, killing.POINTS),
        *map(killing.any_time, killing.NAMES),
        *servers.FAULTS,
        *map(network.reset, network.PAIRS),
        *map(network.swallowed, network.PAIRS),
        *topics.FAULTS,
        folds.FAILING_FOLD,
        *map(groups.woken, groups.STOPS),
        groups.WORKERS,
        *(clocks.wrong(name, hours) for name in clocks.WHO for hours in clocks.HOURS if clocked),
        slow.SLOW_WORKER,
    ]


def measure(tell: Tell, minutes: float = MINUTES, seed: str = "") -> Campaign:
    """Every fault once in a random order, and again, until the time is up or Ctrl-C."""
    campaign = Campaign(seed or secrets.token_hex(3), minutes)
    try:
        asyncio.run(_strike(campaign, tell, time.monotonic() + 60 * minutes))
    except KeyboardInterrupt:
        campaign.stopped = True
    return campaign


async def _strike(campaign: Campaign, tell: Tell, end: float) -> None:
    systems, before = Systems(), Counter[str]()
    try:
        with tempfile.TemporaryDirectory(prefix="rapport-faults-") as folder:
            for fault in drawn(Random(campaign.seed)):
                if time.monotonic() > end:
                    break
                seed = seed_of(campaign.seed, fault, before[fault.name])
                before[fault.name] += 1
                tell(f"{before.total()}: {fault.name}")
                await strike(campaign, systems, fault, seed, Path(folder) / seed)
    finally:
        await systems.give_up()


def drawn(random: Random) -> Iterator[Fault]:
    """Without end: all in a random order, then all in another; what cannot be here is passed over."""
    possible = {fault.name for fault in every(clocks.library() is not None)}
    while True:
        faults = every(clocked=True)
        random.shuffle(faults)
        yield from (fault for fault in faults if fault.name in possible)


async def strike(campaign: Campaign, systems: Systems, fault: Fault, seed: str, journal: Path) -> None:
    """Notes what the fault comes to, whatever that is; a system that is not whole afterwards is given up."""
    system = await systems.get()
    try:
        line = await survive(system, fault, seed, journal)
    except Exception as error:
        kept = await systems.failed()
        campaign.failures.append(f"{fault.name}: {type(error).__name__}: {error} (logs: {kept})")
        return
    campaign.lines.append(line)
    if not line.ok:
        campaign.failures.append(f"{fault.name}: logs: {await systems.failed()}")
