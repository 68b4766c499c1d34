"""The relay as a process: settings, lease, operational HTTP, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from dataclasses import asdict

import asyncpg

from kernel import metrics, running
from kernel.database import DatabaseAway, connect_pool
from kernel.log.halt import halted
from kernel.log.lease import Lease, LeaseLost, kept, take
from kernel.log.relay.leading import Leader
from kernel.log.relay.marks import Lag, lag
from kernel.log.relay.wake import Wake, listening, pause
from kernel.metrics import RELAY_LEADER
from kernel.migrate import require_schema
from kernel.settings import Settings
from kernel.stopping import until_asked
from kernel.web.operational import Readiness, serve_operational

logger = logging.getLogger(__name__)

LEASE = "relay"
SECONDS_BETWEEN_TRIES = 0.5
SECONDS_BETWEEN_WATCHES = 1.0
SECONDS_TO_FINISH = 6.0
NOTABLE_LAG = 5.0
"""Seconds that an event may wait for the relay before an operator should hear of it."""


class Relay:
    """One relay process of a service: leads while it holds the lease, else waits for it."""

    def __init__(self, settings: Settings, service: str, pool: asyncpg.Pool, wake: Wake) -> None:
        metrics.show(metrics.RELAYING)
        self.stopping = asyncio.Event()
        self._pool = pool
        self._leader = Leader(settings, service, pool, wake, self.stopping)
        self._holder = f"{socket.gethostname()} process {os.getpid()}"
        self._leads = False
        self._lag = Lag(events=0, seconds=0.0)
        self._told: list[str] = []
        self._failing: dict[str, str] = {"database": "not asked yet"}

    async def work(self) -> None:
        """Leads whenever it can, until told to stop."""
        while not self.stopping.is_set():
            try:
                if lease := await take(self._pool, LEASE, self._holder):
                    await self._lead(lease)
            except* (LeaseLost, DatabaseAway) as lost:
                self._tell([str(error) for error in lost.exceptions])
            await pause(self.stopping, SECONDS_BETWEEN_TRIES)

    def _tell(self, reasons: list[str]) -> None:
        """Says once why this relay does not lead, however often it tries."""
        if reasons != self._told:
            logger.warning("this relay does not lead", extra={"reasons": reasons})
        self._told = reasons

    async def _lead(self, lease: Lease) -> None:
        logger.info("this relay leads", extra={"epoch": lease.epoch})
        self._leads = True
        self._told = []
        RELAY_LEADER.set(1)
        try:
            async with kept(self._pool, lease):
                await self._leader.lead(lease)
        finally:
            self._leads = False
            RELAY_LEADER.set(0)

    async def watch(self) -> None:
        """Keeps lag and health, which readiness tells."""
        while True:
            try:
                self._lag = await lag(self._pool)
                reason = await halted(self._pool)
                self._failing = {} if reason is None else {"log": reason}
            except DatabaseAway as away:
                self._failing = {"database": str(away)}
            await asyncio.sleep(SECONDS_BETWEEN_WATCHES)

    async def readiness(self) -> Readiness:
        """Not ready without a database or while halted; without Kafka degraded, for commands go on."""
        degraded = {}
        if self._leads and self._leader.trouble:
            degraded["kafka"] = self._leader.trouble
        if self._lag.seconds > NOTABLE_LAG:
            degraded["lag"] = f"{self._lag.events} events wait to be published."
        details = {"leader": self._leads, "topic": self._leader.topic, "lag": asdict(self._lag)}
        return Readiness(failing=self._failing, degraded=degraded, details=details)


async def serve(settings: Settings, service: str) -> None:
    """Runs until SIGTERM or SIGINT; what is in flight is finished, then the lease is given back.

    Raises SchemaMismatch, DatabaseAway at the start, OSError if its port is taken.
    """
    pool = await connect_pool(settings, f"{service}_log", max_size=4)
    await require_schema(pool, service)
    port = settings.port[f"{service}_relay"]
    async with listening(port) as wake:
        relay = Relay(settings, service, pool, wake)
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, relay.stopping.set)
        async with serve_operational(settings, port, relay.readiness):
            await _until_stopped(relay)
    pool.terminate()


async def _until_stopped(relay: Relay) -> None:
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(relay.watch())
        working = tasks.create_task(relay.work())
        await until_asked(relay.stopping, working, watching)
        relay.stopping.set()
        await asyncio.wait({working}, timeout=SECONDS_TO_FINISH)
        working.cancel()
        watching.cancel()


def run(service: str) -> None:
    """The process `rapport relay SERVICE`."""
    running.run(f"{service}_relay", lambda settings: serve(settings, service))
