"""One system for as many faults as leave it whole, and the seed of each fault."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from zlib import crc32

from bench.faults.oracle import Fault
from bench.faults.system import System, running

MOST_FAULTS = 12
"""Of one system: the oracle reads everything that was ever said, which costs more and more."""


def seed_of(seed: str, fault: Fault, before: int = 0) -> str:
    """The fault's own, whichever came before it; `before` of its kind have."""
    return f"{seed}-{crc32(fault.name.encode()):08x}-{before}"


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

    async def failed(self) -> Path | None:
        """Gives it up; where what its processes said is kept."""
        kept = None
        if self._system is not None:
            kept = Path(tempfile.mkdtemp(prefix="rapport-faults-logs-"))
            shutil.copytree(self._system.folder / "logs", kept, dirs_exist_ok=True)
        await self.give_up()
        return kept
