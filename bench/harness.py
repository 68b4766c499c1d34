"""What measurements share: rounds and medians, goals, and one form of report."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from statistics import median
from typing import Any

import psutil

Figures = dict[str, dict[str, float]]
"""What was measured: by its name, each figure with its unit in its own name (per_second, p99_ms …)."""

Tell = Callable[[str], None]
"""Says to whoever watches what is being measured."""

MOST_SERVICE_MB, MOST_WORKER_MB = 90, 180
"""What a service's process and a projection worker may take of the memory."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that a measurement should reach."""

    what: str
    goal: float
    seen: float
    met: bool

    @classmethod
    def at_least(cls, what: str, goal: float, seen: float) -> Goal:
        return cls(what, goal, round(seen, 2), seen >= goal)

    @classmethod
    def at_most(cls, what: str, goal: float, seen: float) -> Goal:
        return cls(what, goal, round(seen, 2), seen <= goal)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of `bench NAME`."""

    name: str
    rounds: int
    figures: Figures
    peers: Figures
    ratios: dict[str, float]
    goals: list[Goal]
    machine: dict[str, Any] = field(default_factory=lambda: machine())

    @property
    def met(self) -> bool:
        return all(goal.met for goal in self.goals)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """For a person."""
        lines = [f"{self.name}, medians of {self.rounds} rounds", *_lines(self.figures)]
        if self.peers:
            lines += ["peers:", *_lines(self.peers)]
        if self.ratios:
            lines += ["ratios:", *(f"  {name:50} {ratio:8.1f}×" for name, ratio in self.ratios.items())]
        for goal in self.goals:
            lines.append(f"{'met   ' if goal.met else 'MISSED'} {goal.what}: {goal.seen} (goal {goal.goal})")
        return "\n".join(lines)


def _lines(figures: Figures) -> list[str]:
    return [
        f"  {name:50} " + "  ".join(f"{unit} {value:,.2f}" for unit, value in units.items())
        for name, units in figures.items()
    ]


def machine() -> dict[str, Any]:
    """Where it was measured; a load above the number of cores explains a goal missed."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
    }


def medians(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds."""
    return {
        name: {unit: round(median(figures[name][unit] for figures in rounds), 2) for unit in rounds[0][name]}
        for name in rounds[0]
    }


def in_rounds(
    rounds: int, measure: Callable[[Tell], tuple[Figures, Figures]], tell: Tell
) -> tuple[Figures, Figures]:
    """Ours and the peers', measured in turn in each round: a slow moment of the machine meets both."""
    pairs = [measure(partial(_tell_round, tell, f"round {n} of {rounds}: ")) for n in range(1, rounds + 1)]
    return medians([ours for ours, _ in pairs]), medians([peers for _, peers in pairs])


def _tell_round(tell: Tell, which: str, what: str) -> None:
    tell(which + what)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 … 1) of all values do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def latencies(seconds: Iterable[float], name: str = "") -> Mapping[str, float]:
    """Median and 99th percentile in milliseconds."""
    values = list(seconds)
    return {
        f"{name}p50_ms": percentile(values, 0.5) * 1000,
        f"{name}p99_ms": percentile(values, 0.99) * 1000,
    }
