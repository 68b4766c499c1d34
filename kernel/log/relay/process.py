"""The relay as a process: settings, lease, operational HTTP, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket

import asyncpg
import uvloop

from kernel.database import DatabaseAway, connect_pool, database_away
from kernel.log.halt import halted
from kernel.log.lease import Lease, LeaseLost, kept, take
from kernel.log.relay.leading import Leader
from kernel.log.relay.marks import Lag, lag
from kernel.log.relay.wake import Wake, listening, pause
from kernel.logging import set_up
from kernel.metrics import RELAY_LAG_EVENTS, RELAY_LAG_SECONDS, RELAY_LEADER
from kernel.migrate import SchemaMismatch, require_schema
from kernel.settings import Settings, load
from kernel.web.operational import Readiness, serve_operational

logger = logging.getLogger(__name__)

LEASE = "relay"
SECONDS_BETWEEN_TRIES = 0.5
SECONDS_BETWEEN_WATCHES = 1.0
SECONDS_TO_FINISH = 6.0


class Relay:
    """One relay process of a service: leads while it holds the lease, else waits for it."""

    def __init__(self, settings: Settings, service: str, pool: asyncpg.Pool, wake: Wake) -> None:
        self.stopping = asyncio.Event()
        self._service = service
        self._pool = pool
        self._leader = Leader(settings, service, pool, wake, self.stopping)
        self._holder = f"{socket.gethostname()} process {os.getpid()}"
        self._leads = False
        self._lag: Lag | None = None
        self._failing: dict[str, str] = {"database": "not asked yet"}

    async def work(self) -> None:
        """Until told to stop; raises SchemaMismatch."""
        fits = False
        while not self.stopping.is_set():
            try:
                if not fits:
                    await require_schema(self._pool, self._service)
                    fits = True
                if lease := await take(self._pool, LEASE, self._holder):
                    await self._lead(lease)
            except* (LeaseLost, DatabaseAway) as lost:
                reasons = [str(error) or type(error).__name__ for error in lost.exceptions]
                logger.warning("the relay no longer leads", extra={"reasons": reasons})
            await pause(self.stopping, SECONDS_BETWEEN_TRIES)

    async def _lead(self, lease: Lease) -> None:
        logger.info("this relay leads", extra={"epoch": lease.epoch})
        self._leads = True
        RELAY_LEADER.set(1)
        try:
            async with kept(self._pool, lease):
                await self._leader.lead(lease)
        finally:
            self._leads = False
            RELAY_LEADER.set(0)

    async def watch(self) -> None:
        """Keeps lag and health, which readiness and metrics tell."""
        while True:
            try:
                self._lag = await lag(self._pool)
                with database_away():
                    reason = await halted(self._pool)
                self._failing = {} if reason is None else {"log": reason}
                RELAY_LAG_EVENTS.set(self._lag.events)
                RELAY_LAG_SECONDS.set(self._lag.seconds)
            except DatabaseAway as away:
                self._failing = {"database": str(away)}
            await asyncio.sleep(SECONDS_BETWEEN_WATCHES)

    async def readiness(self) -> Readiness:
        """Not ready without a database or while halted; without Kafka degraded, for commands go on."""
        trouble = self._leader.trouble if self._leads else None
        details = (
            {} if self._lag is None else {"lag": {"events": self._lag.events, "seconds": self._lag.seconds}}
        )
        return Readiness(
            failing=self._failing,
            degraded={} if trouble is None else {"kafka": trouble},
            details={"leader": self._leads, **details},
        )


async def serve(settings: Settings, service: str) -> None:
    """Runs until SIGTERM or SIGINT; what is in flight is finished, then the lease is given back."""
    pool = await connect_pool(settings, f"{service}_log", min_size=0, max_size=4)
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
        await relay.stopping.wait()
        await asyncio.wait({working}, timeout=SECONDS_TO_FINISH)
        working.cancel()
        watching.cancel()


def run(service: str) -> None:
    """The process `rapport relay SERVICE`; it refuses a schema that it does not know."""
    settings = load()
    set_up(settings, f"{service}_relay")
    # While Kafka is away aiokafka writes forty lines a second; the leader says it once a try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        uvloop.run(serve(settings, service))
    except* SchemaMismatch as mismatches:
        for mismatch in mismatches.exceptions:
            logger.error(str(mismatch))
        raise SystemExit(2) from mismatches
