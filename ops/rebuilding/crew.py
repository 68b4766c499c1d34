"""Several processes that share out the partitions of a version: no two ever have the same one."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from kernel.settings import Settings
from kernel.view.building.build import Tell
from kernel.view.view import View
from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local.home import variables
from ops.rebuilding.member import Answer

MOST = 4
WORTH = 100_000
"""Events for which another process is started: it takes some tenths of a second until it begins."""


def size(left: int) -> int:
    """How many processes are worth their start for so many events, on this machine."""
    return max(1, min(MOST, os.cpu_count() or 1, left // WORTH + 1))


async def fill(
    settings: Settings,
    version: View[Any],
    archive: Path | None,
    partitions: Iterable[int],
    workers: int,
    tell: Tell,
) -> None:
    """Has the partitions filled; `tell` is called for each batch of each process, which waits for it.

    Raises CannotRun where one cannot go on: then all end.
    """
    waiting = deque(partitions)
    work = [asyncio.create_task(_worked(settings, version, archive, waiting, tell)) for _ in range(workers)]
    try:
        await asyncio.gather(*work)
    finally:
        for task in work:
            task.cancel()
        await asyncio.wait(work)


async def _worked(
    settings: Settings, version: View[Any], archive: Path | None, waiting: deque[int], tell: Tell
) -> None:
    process = await _started(settings, version, archive)
    try:
        while waiting:
            await _filled(process, version, waiting.popleft(), tell)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _filled(process: Process, version: View[Any], partition: int, tell: Tell) -> None:
    await _say(process, f"{partition}\n")
    while True:
        answer = await _heard(process, version, partition)
        if answer.failed is not None:
            raise CannotRun(answer.failed)
        if answer.filled is not None:
            return
        await tell(answer.taken)
        await _say(process, "\n")


async def _started(settings: Settings, version: View[Any], archive: Path | None) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "ops.rebuilding.member"),
        *(version.name, str(version.number), str(version.build), *([str(archive)] if archive else [])),
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings), "PYTHONPATH": str(CHECKOUT)},
        stdin=PIPE,
        stdout=PIPE,
        process_group=0,  # Ctrl-C is for this process: it ends them
    )


async def _say(process: Process, line: str) -> None:
    """To one that has ended nothing is said: its silence tells."""
    assert process.stdin is not None
    try:
        process.stdin.write(line.encode("ascii"))
        await process.stdin.drain()
    except ConnectionError:
        return


async def _heard(process: Process, version: View[Any], partition: int) -> Answer:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        code = await process.wait()
        raise CannotRun(
            f"the process that was filling partition {partition} of {version.table_name} ended with code "
            f"{code}; what it had written stays, and the same command goes on there."
        )
    return msgspec.json.decode(line, type=Answer)
