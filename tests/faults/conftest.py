"""One system for as many faults as leave it whole, and the table of what they came to."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest_asyncio

from bench.faults.oracle import Fault, Line, survive
from bench.faults.system import System, running
from bench.faults.table import text

SEED = os.environ.get("RAPPORT_SEED") or secrets.token_hex(3)

LINE = "fault"

Surviving = Callable[[Fault], Awaitable[Line]]


class Systems:
    """Gives the system that runs, or a new one where the last fault did not leave it whole."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._system: System | None = None

    async def get(self) -> System:
        if self._system is None:
            self._system = await self._stack.enter_async_context(running())
        return self._system

    async def give_up(self) -> None:
        self._system = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def systems() -> AsyncIterator[Systems]:
    systems = Systems()
    yield systems
    await systems.give_up()


@pytest_asyncio.fixture(loop_scope="session")
async def survived(
    systems: Systems, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> Surviving:
    """`await survived(fault)`: the oracle's line, printed; it fails where the line is not all zero."""

    async def survived(fault: Fault) -> Line:
        system = await systems.get()
        seed = f"{SEED}-{crc32(fault.name.encode()):08x}"
        try:
            line = await survive(system, fault, seed, tmp_path / "acks")
            print(f"RAPPORT_SEED={SEED}\n{line}")
            record_property(LINE, line.document())
            assert line.ok, str(line)
        except BaseException:
            print(f"RAPPORT_SEED={SEED}")
            await systems.give_up()
            raise
        return line

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
