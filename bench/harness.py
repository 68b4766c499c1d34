"""What measurements share: a stack of their own, rounds and medians, goals, and one form of report."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from kernel.migrate import migrate
from kernel.settings import Settings
from ops.local import keys, ports, roles, throwaway
from ops.local.record import with_database

Figures = dict[str, dict[str, float]]
"""What was measured: by its name, each figure with its unit in its own name (per_second, p99_ms …)."""


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


def in_rounds(rounds: int, measure: Callable[[], tuple[Figures, Figures]]) -> tuple[Figures, Figures]:
    """Ours and the peers', measured in turn in each round: a slow moment of the machine meets both."""
    pairs = [measure() for _ in range(rounds)]
    return medians([ours for ours, _ in pairs]), medians([peers for _, peers in pairs])


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` (0 … 1) of all values do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def latencies(seconds: Iterable[float]) -> Mapping[str, float]:
    """Median and 99th percentile in milliseconds."""
    values = list(seconds)
    return {"p50_ms": percentile(values, 0.5) * 1000, "p99_ms": percentile(values, 0.99) * 1000}


@contextmanager
def durable_postgres() -> Iterator[tuple[str, Settings]]:
    """A PostgreSQL that waits for its disk, as in production: the administrator's DSN, migrated settings."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        home = Path(name)
        with throwaway.running_postgres(home / "postgres") as administrator:
            yield administrator, asyncio.run(_prepared(administrator, home))


async def _prepared(administrator: str, home: Path) -> Settings:
    passwords = {role: secrets.token_hex(16) for role in roles.names()}
    outside = await asyncpg.connect(administrator)
    await roles.create_roles(outside, passwords)
    await roles.create_database(outside)
    await outside.close()
    address = with_database(administrator, roles.DATABASE)
    inside = await asyncpg.connect(address)
    await roles.create_schemas(inside)
    await inside.close()
    keys.make(home / "keys", home / "jwks.json")
    place = address.rpartition("@")[2]
    settings = Settings(
        mode="local",
        dsn={role: f"postgresql://{role}:{password}@{place}" for role, password in passwords.items()},
        jwks=str(home / "jwks.json"),
        keys=home / "keys",
        port=ports.automatic(),
    )
    await migrate(settings)
    return settings
