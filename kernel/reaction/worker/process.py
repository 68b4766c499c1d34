"""The process of a service's reactions: reactor, sender, operational HTTP, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from importlib import import_module

from kernel import running
from kernel.database import connect_pool
from kernel.garbage import collect_rarely
from kernel.handling.handler import Handler
from kernel.migrate import require_schema
from kernel.reaction.sending import Sender
from kernel.reaction.worker.reactor import SECONDS_TO_DRAIN, Reactor
from kernel.settings import Settings
from kernel.stopping import until_asked
from kernel.web.operational import serve_operational
from kernel.web.service import Service


async def serve(settings: Settings, service: Service) -> None:
    """Reacts until SIGTERM or SIGINT; raises SchemaMismatch, DatabaseAway."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        pool = await connect_pool(settings, f"{service.name}_log", max_size=4)
        stack.push_async_callback(pool.close)
        await require_schema(pool, service.name)
        handler = await Handler.open(settings, service.name, service.aggregates)
        stack.push_async_callback(handler.close)
        commands = [command for aggregate in service.aggregates for command in aggregate.commands]
        sender = Sender(pool, handler, commands)
        reactor = Reactor(settings, service, pool, handler.vault, sender)
        port = settings.port[f"{service.name}_react"]
        await stack.enter_async_context(serve_operational(settings, port, reactor.ready))
        await _until_stopped(stop, reactor, sender)


async def _until_stopped(stop: asyncio.Event, reactor: Reactor, sender: Sender) -> None:
    async with asyncio.TaskGroup() as tasks:
        reacting = tasks.create_task(reactor.work())
        sending = tasks.create_task(sender.work())
        await until_asked(stop, reacting, sending)
        reacting.cancel()
        sender.stopping.set()
        sender.wake.set()
        await asyncio.wait({sending}, timeout=SECONDS_TO_DRAIN)
        sending.cancel()


def run(service: str) -> None:
    """The process `rapport react SERVICE`; it refuses a schema that it does not know."""
    declared = import_module(f"services.{service}.app").SERVICE
    collect_rarely()
    running.run(f"{service}_react", lambda settings: serve(settings, declared))
