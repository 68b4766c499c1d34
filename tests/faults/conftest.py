"""The system that the tests share, and the table of what its faults came to."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bench.faults.oracle import Fault, Line, survive
from bench.faults.systems import Systems, seed_of
from bench.faults.table import text

SEED = os.environ.get("RAPPORT_SEED") or secrets.token_hex(3)

LINE = "fault"

Surviving = Callable[[Fault], Awaitable[None]]
Showing = Callable[[Line], None]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def systems() -> AsyncIterator[Systems]:
    systems = Systems()
    yield systems
    await systems.give_up()


@pytest.fixture
def show(record_property: Callable[[str, Any], None]) -> Showing:
    """Prints the oracle's line; TimeoutError where the system did not recover, else it must be all zero."""

    def show(line: Line) -> None:
        print(f"RAPPORT_SEED={SEED}\n{line}")
        record_property(LINE, line.document())
        if line.in_vain:
            raise TimeoutError(str(line))
        assert line.ok, str(line)

    return show


@pytest_asyncio.fixture(loop_scope="session")
async def survived(systems: Systems, tmp_path: Path, show: Showing) -> Surviving:
    """`await survived(fault)`: the fault in the middle of a load, and its line."""

    async def survived(fault: Fault) -> None:
        try:
            show(await survive(await systems.get(), fault, seed_of(SEED, fault), tmp_path / "acks"))
        except BaseException:
            print(f"RAPPORT_SEED={SEED}, logs: {await systems.failed()}")
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
