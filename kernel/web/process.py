"""A service as a process: settings in, HTTP out, and an orderly end within ten seconds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

import asyncpg

from kernel import running
from kernel.database import connect_pool
from kernel.garbage import collect_rarely
from kernel.handling.handler import Handler
from kernel.migrate import require_schema
from kernel.settings import SERVICES, Settings
from kernel.vault.keys import token_key
from kernel.vault.vault import Vault
from kernel.web import readiness
from kernel.web.application import Application
from kernel.web.assembly import assembled
from kernel.web.commanding.single import Commanding
from kernel.web.jwks import KeyRing
from kernel.web.operational import Server, listening
from kernel.web.querying import Querying
from kernel.web.service import Service
from kernel.web.sharing import Sharing
from kernel.web.tokens import Verifier

DRAIN_SECONDS = 8
"""For requests under way after SIGTERM; what they wrote is durable before they are answered."""

QUERIES_AT_ONCE = 16

MODULES = {"views": "projections"}
"""Processes whose service has another name."""


def run(name: str) -> None:
    """Serves `name` (a deciding service, or views) until SIGTERM or SIGINT."""
    running.run(name, lambda settings: _serve(settings, name))


async def _serve(settings: Settings, name: str) -> None:
    port = listening(settings.host, settings.port[name])
    async with application(settings, name) as app:
        collect_rarely()
        server = Server(app, DRAIN_SECONDS)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, setattr, server, "should_exit", True)
        await server.serve([port])


@asynccontextmanager
async def application(settings: Settings, name: str) -> AsyncIterator[Application]:
    """The application with everything it stands on, opened in order and closed in the reverse order."""
    module = MODULES.get(name, name)
    service: Service = import_module(f"services.{module}.app").SERVICE
    verifier = Verifier(KeyRing(settings.jwks), settings.issuer, settings.audience)
    key = token_key(settings.keys)
    async with AsyncExitStack() as stack:
        commanding = querying = sharing = None
        if name in SERVICES:
            handler = await Handler.open(settings, module, service.aggregates)
            stack.push_async_callback(handler.close)
            commanding = Commanding(handler, verifier, key)
        if service.queries:
            vault = await Vault.open(settings)
            stack.push_async_callback(vault.close)
            pool = await _pool(stack, settings, f"{module}_app", QUERIES_AT_ONCE)
            querying = Querying(pool, vault, verifier, key)
            if services := {name for query in service.queries for name in query.heads}:
                partner = await _pool(stack, settings, f"{module}_partner", QUERIES_AT_ONCE)
                heads = {name: await _pool(stack, settings, f"{name}_gate", 4) for name in sorted(services)}
                sharing = Sharing(pool, vault, verifier, key, partner, heads)
        watch = await _pool(stack, settings, f"{module}_log", 1)
        await require_schema(watch, module)
        check = readiness.deciding if name in SERVICES else readiness.answering
        yield assembled(service, check(watch, module, settings.kafka), commanding, querying, sharing)


async def _pool(stack: AsyncExitStack, settings: Settings, role: str, size: int) -> asyncpg.Pool:
    pool = await connect_pool(settings, role, max_size=size)
    stack.push_async_callback(pool.close)
    return pool
