"""Several processes that share out the partitions of a version: no two ever have the same one."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from kernel.settings import Settings
from kernel.view.building.build import Taken
from kernel.view.building.topics import RECORDS_AT_ONCE
from kernel.view.view import View
from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local.home import variables
from ops.rebuilding.member import Answer

Turn: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]
"""Within it a process may work: start, or take one batch."""

MOST = 4
WORTH = 100_000
"""Events for which another process is started: it takes some tenths of a second until it begins."""
NICENESS = "10"
"""What is live goes first, from a member's first instruction on."""
STEPS_A_SECOND = 10
"""In which a build goes on that is held to so many events a second."""


def size(left: int) -> int:
    """How many processes are worth their start for so many events, on this machine."""
    return max(1, min(MOST, os.cpu_count() or 1, left // WORTH + 1))


@asynccontextmanager
async def started(
    settings: Settings,
    version: View[Any],
    archive: Path | None,
    workers: int,
    turn: Turn = nullcontext,
    most: int | None = None,
) -> AsyncIterator[Crew]:
    """So many processes, which all end with this one. Where they are held to `most` events a second, their
    batches are small. Raises CannotRun where one does not start."""
    at_once = RECORDS_AT_ONCE if most is None else max(1, min(RECORDS_AT_ONCE, most // STEPS_A_SECOND))
    crew = Crew(version, [], turn)
    try:
        await _together(crew.start(settings, archive, at_once) for _ in range(workers))
        yield crew
    finally:
        for process in crew.members:
            if process.returncode is None:
                process.kill()
            await process.wait()


@dataclass(frozen=True)
class Crew:
    """Processes that wait for partitions to fill."""

    version: View[Any]
    members: list[Process]
    turn: Turn

    async def start(self, settings: Settings, archive: Path | None, at_once: int) -> None:
        """One more; returns when it can be asked."""
        async with self.turn():
            process = await _started(settings, self.version, archive, at_once)
            self.members.append(process)
            await self._heard(process)

    async def fill(self, partitions: Iterable[int], tell: Taken) -> None:
        """Has the partitions filled; `tell` is called for each batch of each process, which waits for it.

        Raises CannotRun where one cannot go on: then none can be asked for more.
        """
        waiting = deque(partitions)
        await _together(self._work(process, waiting, tell) for process in self.members)

    async def _work(self, process: Process, waiting: deque[int], tell: Taken) -> None:
        while waiting:
            line = f"{waiting.popleft()}\n"
            while (taken := await self._step(process, line)) is not None:
                await tell(taken)
                line = "\n"

    async def _step(self, process: Process, line: str) -> int | None:
        """The records that were taken next; None where the partition is filled."""
        async with self.turn():
            await _say(process, line)
            answer = await self._heard(process)
        return answer.taken if answer.filled is None else None

    async def _heard(self, process: Process) -> Answer:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            code = await process.wait()
            raise CannotRun(
                f"a process that was filling {self.version.table_name} ended with code {code}; "
                "what it had written stays, and the same command goes on there."
            )
        answer = msgspec.json.decode(line, type=Answer)
        if answer.failed is not None:
            raise CannotRun(answer.failed)
        return answer


async def _together(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All at once; where one fails, none goes on."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _started(settings: Settings, version: View[Any], archive: Path | None, at_once: int) -> Process:
    return await asyncio.create_subprocess_exec(
        *("nice", "-n", NICENESS, sys.executable, "-P", "-m", "ops.rebuilding.member"),
        *(version.name, str(version.number), str(version.build), str(at_once)),
        *([str(archive)] if archive else []),
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
