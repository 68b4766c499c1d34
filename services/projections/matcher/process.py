"""The matcher as a process: settings, lease, operational HTTP, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from time import monotonic

import asyncpg

from kernel import metrics, running
from kernel.database import DatabaseAway, connect_pool
from kernel.log.lease import LeaseLost, kept, take
from kernel.log.relay.wake import pause
from kernel.metrics import MATCHER_LAG, MATCHER_LEADER
from kernel.migrate import require_schema
from kernel.settings import Settings
from kernel.stopping import until_asked
from kernel.vault.keys import wrapping_keys
from kernel.web.operational import Readiness, serve_operational
from kernel.web.problems import Problem
from services.projections.matcher import lag
from services.projections.matcher.leading import Matching
from services.projections.sharing.matchable import MATCHER

LOG = logging.getLogger(__name__)

LEASE = "matcher"
SECONDS_BETWEEN_TRIES = 0.5
SECONDS_BETWEEN_WATCHES = 1.0
SECONDS_TO_FINISH = 6.0
NOTABLE_LAG = 10.0
"""Seconds without a moment at which nothing waited, after which an operator should hear of it."""


class Matcher:
    """One matcher process: leads while it holds the lease, else waits for it."""

    def __init__(self, settings: Settings, pool: asyncpg.Pool) -> None:
        metrics.show(metrics.MATCHING)
        self.stopping = asyncio.Event()
        self._pool = pool
        self._matching = Matching(pool, wrapping_keys(settings.keys), self.stopping)
        self._holder = f"{socket.gethostname()} process {os.getpid()}"
        self._leads = False
        self._lag: dict[str, int] = {}
        self._idle_at = monotonic()
        self._failing: dict[str, str] = {"database": "not asked yet"}

    async def work(self) -> None:
        """Leads whenever it can, until told to stop."""
        while not self.stopping.is_set():
            try:
                if lease := await take(self._pool, LEASE, self._holder):
                    self._leads = True
                    async with kept(self._pool, lease):
                        await self._matching.lead(lease)
            except* (LeaseLost, DatabaseAway) as lost:
                LOG.warning(
                    "this matcher does not lead", extra={"reasons": [str(e) for e in lost.exceptions]}
                )
            finally:
                self._leads = False
            await pause(self.stopping, SECONDS_BETWEEN_TRIES)

    async def watch(self) -> None:
        """Keeps lag and health, which readiness tells."""
        while True:
            try:
                self._lag = await lag.waiting(self._pool)
                self._failing = {}
            except (DatabaseAway, Problem) as away:
                self._failing = {"database": str(away)}
            if not any(self._lag.values()):
                self._idle_at = monotonic()
            MATCHER_LAG.set(sum(self._lag.values()))
            MATCHER_LEADER.set(self._leads)
            await asyncio.sleep(SECONDS_BETWEEN_WATCHES)

    async def readiness(self) -> Readiness:
        """Not ready without a database; degraded while contacts wait for long."""
        degraded = {}
        if self._leads and self._matching.trouble:
            degraded["matching"] = self._matching.trouble
        if (waited := monotonic() - self._idle_at) > NOTABLE_LAG:
            changed, unseen = self._lag.get("changed", 0), self._lag.get("unseen", 0)
            degraded["lag"] = (
                f"{changed:,} changed contacts and {unseen:,} of new agreements wait, some for {waited:.0f} s"
            )
        return Readiness(
            failing=self._failing, degraded=degraded, details={"leader": self._leads, "lag": self._lag}
        )


async def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT; the transaction in hand is finished, then the lease is given back.

    Raises SchemaMismatch, DatabaseAway, KeysMissing at the start, OSError if its port is taken.
    """
    pool = await connect_pool(settings, MATCHER, max_size=3)
    await require_schema(pool, "projections")
    matcher = Matcher(settings, pool)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, matcher.stopping.set)
    async with serve_operational(settings, settings.port["matcher"], matcher.readiness):
        await _until_stopped(matcher)
    pool.terminate()


async def _until_stopped(matcher: Matcher) -> None:
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(matcher.watch())
        working = tasks.create_task(matcher.work())
        await until_asked(matcher.stopping, working, watching)
        matcher.stopping.set()
        await asyncio.wait({working}, timeout=SECONDS_TO_FINISH)
        working.cancel()
        watching.cancel()


def run() -> None:
    """The process `rapport match`."""
    running.run("matcher", serve)
