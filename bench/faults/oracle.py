"""One fault in the middle of a load: how long it took to recover, and what `verify` says of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench.faults.heads import behind, stored, unrest
from bench.faults.loading import wishes
from bench.faults.loading.load import Load, loading
from bench.faults.system import System, until_none
from kernel.database import DatabaseAway
from kernel.settings import SERVICES
from ops.verify.oracle import verify
from ops.verify.report import Report, Verdict
from services.projections.app import VIEWS

LOST = ("lost", "forgotten", "answers_without_events", "gaps", "missing")
DOUBLED = ("doubled", "duplicates", "position_conflicts")
INVERTED = ("inversions", "time_inversions", "disorder")

COUNTED = ("injections", "commands", "repeated", "pages")
ZERO = ("lost", "doubled", "inverted", "otherwise", "views", "unsettled", "stale", "strange")
"""A line's counts, and those of them that must be zero."""

COMMANDS_BEFORE, COMMANDS_AFTER = 40, 40
SECONDS_TO_RECOVER = 90.0

Injecting = Callable[[System, Load, Random], Awaitable[int]]
"""Brings the fault about while the load goes on, and ends it; how often it struck."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of accident, by a name that says what happens."""

    name: str
    inject: Injecting


@dataclass(frozen=True, slots=True)
class Line:
    """What the oracle says of one fault; all but the first five are counts that must be zero."""

    fault: str
    injections: int
    commands: int
    repeated: int
    """Tries of which nobody told the outcome, until a repeat did."""
    pages: int
    """That were shown to readers."""
    unsettled: int
    lost: int
    doubled: int
    inverted: int
    otherwise: int
    """Every other fault of the logs and topics."""
    views: int
    """Every fault of the views."""
    stale: int
    """Pages older than what their reader had been told or shown."""
    strange: int
    """Refusals that nothing in the load may get."""
    recovery_s: float
    """From the fault's end until both services had answered a command, a page was shown, and the views had
    come so far."""
    in_vain: str = ""
    """What did not come about, where it did not recover."""
    first: tuple[str, ...] = ()
    """Where the first faults are."""

    @property
    def ok(self) -> bool:
        return not self.in_vain and not any(getattr(self, name) for name in ZERO)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        counts = "  ".join(f"{name} {getattr(self, name)}" for name in (*COUNTED, *ZERO))
        ended = f"in vain: {self.in_vain}" if self.in_vain else f"recovery {self.recovery_s:.1f} s"
        return "\n    ".join([f"{self.fault}: {counts}  {ended}", *self.first])


async def survive(system: System, fault: Fault, seed: str, journal: Path) -> Line:
    """The fault in the middle of a load, and the verdict, also where the system does not recover."""
    load = Load(system, seed, journal)
    injections, recovery, in_vain = 0, 0.0, ""
    try:
        async with loading(load):
            await load.more(COMMANDS_BEFORE)
            injections = await fault.inject(system, load, Random(seed))
            recovery = await _recover(system, load)
            await load.more(COMMANDS_AFTER)
        await until_none(lambda: unrest(system.settings), SECONDS_TO_RECOVER)
    except TimeoutError as error:
        in_vain = str(error)
    verdict = await verify(system.settings, SERVICES, VIEWS, [journal])
    reacted = await load.attributions.check(system.settings)
    return line(fault.name, injections, load, recovery, in_vain, verdict, reacted)


async def _recover(system: System, load: Load) -> float:
    ended = time.monotonic()

    async def silent() -> list[str]:
        late = [service for service in wishes.SERVICES if load.answered_at.get(service, 0.0) <= ended]
        dark = ["no page is shown"] if load.pages.shown_at <= ended else []
        return [*(f"no command to {service} is answered" for service in late), *dark]

    await until_none(silent, SECONDS_TO_RECOVER)
    goal = await _stored(system)
    await until_none(lambda: behind(system.settings, goal), SECONDS_TO_RECOVER)
    return time.monotonic() - ended


async def _stored(system: System) -> Any:
    while True:
        try:
            return await stored(system.settings)
        except DatabaseAway:
            continue


def line(
    fault: str,
    injections: int,
    load: Load,
    recovery: float,
    in_vain: str,
    verdict: Verdict,
    reacted: Counter[str],
) -> Line:
    """The oracle's line: the verdict's faults by what they mean to a caller, and those of the reaction."""
    logs = _sum(verdict.services)
    named = {*LOST, *DOUBLED, *INVERTED}
    firsts = [
        f"{report.name}: {each}" for report in [*verdict.services, *verdict.views] for each in report.first
    ]
    strange = [*load.strange, *load.pages.strange]
    return Line(
        fault=fault,
        injections=injections,
        commands=load.commands,
        repeated=load.maybe,
        pages=load.pages.shown,
        unsettled=sum(report.figures["maybe"] for report in verdict.services),
        lost=sum(logs[name] for name in LOST) + reacted["lost"],
        doubled=sum(logs[name] for name in DOUBLED) + reacted["doubled"],
        inverted=sum(logs[name] for name in INVERTED),
        otherwise=sum(count for name, count in logs.items() if name not in named) + reacted["otherwise"],
        views=sum(_sum(verdict.views).values()) + sum(report.figures["behind"] for report in verdict.views),
        stale=len(load.pages.stale),
        strange=len(strange),
        recovery_s=round(recovery, 2),
        in_vain=in_vain,
        first=tuple(
            [*load.pages.stale[:2], *strange[:2], *firsts, *(f"reaction: {n}" for n in +reacted)][:8]
        ),
    )


def _sum(reports: list[Report]) -> dict[str, int]:
    names = reports[0].faults
    return {name: sum(report.faults[name] for report in reports) for name in names}
