"""One system for as many faults as leave it whole, and the table of what they came to."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import pytest_asyncio

from bench.faults.oracle import Fault, Line, survive
from bench.faults.system import System, running
from bench.faults.table import text

SEED = os.environ.get("RAPPORT_SEED") or secrets.token_hex(3)

LINE = "fault"

MOST_FAULTS = 12
"""Of one system: the oracle reads everything that was ever said, which costs more and more."""

Surviving = Callable[[Fault], Awaitable[None]]
Showing = Callable[[Line], None]


def seed_of(fault: Fault) -> str:
    """The fault's own, so that it is the same whichever tests run before."""
    return f"{SEED}-{crc32(fault.name.encode()):08x}"


class Systems:
    """Gives the system that runs, or a new one where that is not whole any more, or full of former faults."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._system: System | None = None
        self._faults = 0

    async def get(self) -> System:
        if self._system is None or self._faults == MOST_FAULTS:
            await self.give_up()
            self._system = await self._stack.enter_async_context(running())
        self._faults += 1
        return self._system

    async def give_up(self) -> None:
        self._system, self._faults = None, 0
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def systems() -> AsyncIterator[Systems]:
    systems = Systems()
    yield systems
    await systems.give_up()


@pytest.fixture
def show(record_property: Callable[[str, Any], None]) -> Showing:
    """Prints the oracle's line; it fails where the line is not all zero."""

    def show(line: Line) -> None:
        print(f"RAPPORT_SEED={SEED}\n{line}")
        record_property(LINE, line.document())
        assert line.ok, str(line)

    return show


@pytest_asyncio.fixture(loop_scope="session")
async def survived(systems: Systems, tmp_path: Path, show: Showing) -> Surviving:
    """`await survived(fault)`: the fault in the middle of a load, and its line."""

    async def survived(fault: Fault) -> None:
        try:
            show(await survive(await systems.get(), fault, seed_of(fault), tmp_path / "acks"))
        except BaseException:
            print(f"RAPPORT_SEED={SEED}")
            await systems.give_up()
            raise

    return survived


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    lines = [
        Line(**value)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == LINE
    ]
    if lines:
        terminalreporter.section(f"faults, RAPPORT_SEED={SEED}")
        terminalreporter.write_line(text(lines))
