"""An application of ours behind a real HTTP server, in a thread of its own, for as long as a test needs."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from kernel.web.operational import Server, listening


@contextmanager
def serving(open_application: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[str]:
    """The address at which the application answers; it is opened and closed in the server's own loop."""
    started: list[Server] = []
    opened = threading.Event()
    port = listening("127.0.0.1", 0)
    host, number = port.getsockname()

    async def serve() -> None:
        async with open_application() as application:
            server = Server(application, 2)
            started.append(server)
            opened.set()
            await server.serve([port])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert opened.wait(20), "the application did not open"
        yield f"http://{host}:{number}"
    finally:
        for server in started:
            server.should_exit = True
        thread.join(20)
