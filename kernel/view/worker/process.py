"""The process that folds the log into every view, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

from kernel import running
from kernel.database import connect_pool
from kernel.garbage import collect_rarely
from kernel.migrate import require_schema
from kernel.settings import Settings
from kernel.stopping import until_asked
from kernel.vault.vault import Vault
from kernel.view.view import View
from kernel.view.worker.worker import Worker
from kernel.web.operational import serve_operational


async def serve(settings: Settings, views: Sequence[View[Any]]) -> None:
    """Works until SIGTERM or SIGINT, with HTTP for its operator; raises SchemaMismatch, DatabaseAway."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    folds = [fold for view in views for fold in view.folds]
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, "projections_log", max_size=len(folds) + 1)
        stack.push_async_callback(pool.close)
        await require_schema(pool, "projections")
        vault = await Vault.open(settings) if any(fold.personal for fold in folds) else None
        if vault is not None:
            stack.push_async_callback(vault.close)
        worker = Worker(settings, views, pool, vault)
        await stack.enter_async_context(
            serve_operational(settings, settings.port["worker"], worker.progress.readiness)
        )
        work = asyncio.create_task(worker.work())
        await until_asked(stop, work)
        await worker.drain()
        work.cancel()
        await asyncio.wait({work})
        if not work.cancelled():
            work.result()


def run() -> None:
    """The worker of all views, with settings from outside."""
    views = import_module("services.projections.app").VIEWS
    collect_rarely()
    running.run("worker", lambda settings: serve(settings, views))
