"""Processes that put load on what is measured, so that no load shares an interpreter with another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TypeVar

import psutil

from bench.harness import latencies

T = TypeVar("T")

SECONDS = 180
"""After which a load that does not end is an error."""


@dataclass(slots=True)
class Tally:
    """What one process did."""

    took: list[float] = field(default_factory=list)
    """Seconds of each finished command, however often it was tried."""
    elapsed: float = 0
    """Seconds in which those were finished."""
    uncounted: int = 0
    """Commands before and after."""
    memory_mb: float = 0


class Workers:
    """Processes that run parts of loads, one after the other, so that none pays for starting."""

    def __init__(self, processes: int, seconds: float = SECONDS) -> None:
        self._pool, self._seconds = get_context("spawn").Pool(processes), seconds

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.terminate()

    def run(self, *parts: Callable[[], T]) -> list[T]:
        """Runs the parts at once, each in a process of its own; what each came to."""
        running = [self._pool.apply_async(part) for part in parts]
        return [result.get(timeout=self._seconds) for result in running]


def own_memory_mb() -> float:
    """What the calling process holds."""
    return float(psutil.Process().memory_info().rss / 2**20)


def rates(tallies: Sequence[Tally]) -> dict[str, float]:
    """What they did together: commands a second, and how long each took."""
    return {
        "per_second": sum(len(tally.took) / tally.elapsed for tally in tallies),
        **latencies(second for tally in tallies for second in tally.took),
    }
