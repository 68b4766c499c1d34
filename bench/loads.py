"""Loads on a store: how many clients, how long, how rough; each part runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random
from typing import Literal

import psutil

from bench.harness import latencies

HOT_STREAMS = 8

EVENTS_EACH = 10
"""A stream of a client's own gets so many events, then the client begins the next."""

TEXT = "a" * 300

Step = Literal["own", "two", "hot", "conflict", "repeat"]

MIX: tuple[Step, ...] = ("own", "own", "own", "own", "own", "two", "two", "hot", "conflict", "repeat")


@dataclass(frozen=True, slots=True)
class Load:
    """So many clients, each sending one command after the other.

    Hostile: of 10 commands 2 have two events, 1 goes to a stream that all clients write, 1 is first decided
    on an outdated version, and 1 is sent a second time.
    """

    clients: int
    seconds: float
    hostile: bool = False

    def steps(self, client: int) -> Callable[[], Step]:
        """What a client does next; the same sequence for every system that is measured."""
        random = Random(client)
        return (lambda: random.choice(MIX)) if self.hostile else (lambda: "own")


@dataclass(slots=True)
class Tally:
    """What one process did."""

    took: list[float] = field(default_factory=list)
    """Seconds of each finished command, however often it was tried."""
    elapsed: float = 0
    memory_mb: float = 0


Part = Callable[[], Tally]


class Workers:
    """Processes that run parts of loads, one after the other, so that none pays for starting."""

    def __init__(self, processes: int) -> None:
        self._pool = get_context("spawn").Pool(processes)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()

    def run(self, *parts: Part) -> dict[str, float]:
        """Runs the parts at once, each in a process of its own, and adds up what they did."""
        running = [self._pool.apply_async(_run, (part,)) for part in parts]
        tallies = [result.get(timeout=120) for result in running]
        return {
            "per_second": sum(len(tally.took) / tally.elapsed for tally in tallies),
            **latencies(second for tally in tallies for second in tally.took),
            "memory_mb": max(tally.memory_mb for tally in tallies),
        }


def _run(part: Part) -> Tally:
    tally = part()
    tally.memory_mb = psutil.Process().memory_info().rss / 2**20
    return tally
