"""One run: consumers that wait on empty topics, a backlog, and how long they take for it."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.folding.backlog import Backlog
from bench.folding.progress import empty, not_folded, not_upserted
from bench.folding.publishing import own_topics, prepared, until_joined
from bench.peers.upserts import GROUP
from bench.stack import Processes
from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.view.view import View
from ops.errors import CannotRun
from ops.local import ports
from services.projections.app import VIEWS

SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_TO_FINISH = 120.0

Lacking = Callable[[], Awaitable[int]]
"""How many events are still to be taken."""

Look = Callable[[dict[int, str]], Awaitable[None]]
"""Called with the local port of each connection that a worker holds, and the worker's name."""


@dataclass(frozen=True, slots=True)
class Running:
    """What every run needs; each has topics, and so a group, of its own."""

    settings: Settings
    administrator: str
    processes: Processes

    async def fold(
        self, views: Sequence[View[Any]], workers: int, backlog: Backlog, look: Look | None = None
    ) -> dict[str, float]:
        """So many workers fold the backlog into these views, empty before; `look` before they end."""
        settings = self._own()
        await empty(settings, VIEWS)
        names = [f"worker {number}" for number in range(workers)]
        async with own_topics(settings):
            for name, port in zip(names, ports.free(workers), strict=True):
                command = [sys.executable, "-P", "-m", "bench.folding.worker", *(view.name for view in views)]
                ported = settings.model_copy(update={"port": {**settings.port, "worker": port}})
                self.processes.start(name, command, ported)
            await until_joined(settings, f"{settings.topics}.views", workers)
            pool = await connect_pool(settings, "projections_log", max_size=1)
            try:
                timed = await self._timed(settings, names, backlog, lambda: not_folded(pool, views, backlog))
                if look is not None:
                    await look({port: name for name in names for port in self.processes.ports(name)})
                return timed
            finally:
                await pool.close()
                self.processes.stop(*names)

    async def upsert(self, backlog: Backlog) -> dict[str, float]:
        """The peer takes the backlog."""
        settings = self._own()
        async with own_topics(settings):
            command = [sys.executable, "-P", "-m", "bench.peers.upserts", self.administrator]
            self.processes.start("peer", command, settings)
            await until_joined(settings, GROUP, 1)
            db = await asyncpg.connect(self.administrator)
            try:
                return await self._timed(settings, ["peer"], backlog, lambda: not_upserted(db, backlog))
            finally:
                await db.close()
                self.processes.stop("peer")

    def _own(self) -> Settings:
        return self.settings.model_copy(update={"topics": f"bench-{secrets.token_hex(4)}"})

    async def _timed(
        self, settings: Settings, names: Sequence[str], backlog: Backlog, lacking: Lacking
    ) -> dict[str, float]:
        """Events a second from when all of the backlog is there; CPU microseconds of each event; memory."""
        async with prepared(settings, backlog) as publish:
            before = self.processes.cpu_seconds()
            await publish()
            began = time.perf_counter()
            counted = await lacking()
            while await lacking():
                if time.perf_counter() - began > SECONDS_TO_FINISH:
                    raise CannotRun(f"the backlog was not taken in time: {await lacking()} events are left.")
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            elapsed = time.perf_counter() - began
            spent = self.processes.spent(before, backlog.events, *names, "postgres", "kafka")
        return {
            "per_second": counted / elapsed,
            "cpu_us": sum(spent.pop(f"{name}_cpu_us") for name in names),
            **spent,
            "memory_mb": max(self.processes.memory_mb(name) for name in names),
        }
