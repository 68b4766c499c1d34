"""What an operator asks of any process: /healthz (alive), /readyz (able to answer), /metrics (Prometheus)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kernel.settings import Settings
from kernel.web.wire.protocol import Protocol

KEEP_ALIVE = 75
"""Seconds that an idle connection is kept: longer than clients keep theirs, so that they close first."""
READY_WITHIN = 5.0
"""Seconds after which a check that does not answer counts as failed."""


@dataclass(frozen=True)
class Readiness:
    """`failing`: why nothing can be answered (503). `degraded`: what is away though answers go on.

    `details` stand in the body as they are (lag, halted since …). Names → one sentence or figure each.
    """

    failing: Mapping[str, str] = field(default_factory=dict)
    degraded: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return not self.failing

    def body(self) -> bytes:
        return orjson.dumps(
            {
                "ready": self.ready,
                "failing": dict(self.failing),
                "degraded": dict(self.degraded),
                **self.details,
            }
        )


Ready = Callable[[], Awaitable[Readiness]]
"""It brings the gauges of the process up to date too: /metrics asks it first."""
Response = tuple[int, bytes, bytes]
"""Status, content type, body."""

PATHS = ("/healthz", "/readyz", "/metrics")


async def operational(path: str, ready: Ready) -> Response:
    """The answer of one of PATHS."""
    if path == "/healthz":
        return 200, b"application/json", b'{"alive":true}'
    readiness = await _asked(ready)
    if path == "/metrics":
        return 200, CONTENT_TYPE_LATEST.encode(), generate_latest()
    return 200 if readiness.ready else 503, b"application/json", readiness.body()


async def _asked(ready: Ready) -> Readiness:
    try:
        return await asyncio.wait_for(ready(), READY_WITHIN)
    except TimeoutError:
        return Readiness(failing={"readiness": f"no answer within {READY_WITHIN:.0f} s"})
    except Exception as error:
        return Readiness(failing={"readiness": type(error).__name__})


@asynccontextmanager
async def serve_operational(settings: Settings, port: int, ready: Ready) -> AsyncIterator[None]:
    """Answers PATHS on `port` while the body runs; for processes that serve nothing else."""
    server = Server(_application(ready), 1)
    serving = asyncio.create_task(server.serve([listening(settings.host, port)]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections; OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


class Server(uvicorn.Server):
    """uvicorn as part of a process that has its own logs and minds its own signals.

    Told to exit, it takes nothing new and gives what is under way `drain` seconds.
    """

    def __init__(self, application: Any, drain: int) -> None:
        config = uvicorn.Config(
            application,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=drain,
        )
        super().__init__(config)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)


def _application(ready: Ready) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        known = scope["path"] in PATHS
        status, content_type, body = (
            await operational(scope["path"], ready) if known else (404, b"application/json", b"{}")
        )
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application
