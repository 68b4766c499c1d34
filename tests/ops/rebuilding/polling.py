"""One client that looks a hundred times a second, whether or not what it asked before is answered by then."""

from __future__ import annotations

import asyncio
import re
from asyncio import StreamReader, StreamWriter, Task
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

A_SECOND = 100
MOST_AT_ONCE = 16
"""A look that is due while so many wait for their answers is left out: a busy machine is not made busier."""
SECONDS_TO_ANSWER = 30.0

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

Line = tuple[StreamReader, StreamWriter]


@dataclass
class Lines:
    """Connections that are kept and used again: as few as are needed at once."""

    _idle: defaultdict[int, list[Line]] = field(default_factory=lambda: defaultdict(list))

    async def get(self, port: int, path: str, token: str) -> tuple[bytes, bytes]:
        """Head and body of the answer."""
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            idle = self._idle[port]
            reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
            try:
                asked = f"GET {path} HTTP/1.1\r\nhost: views\r\nauthorization: Bearer {token}\r\n\r\n"
                writer.write(asked.encode())
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                assert length is not None, head
                body = await reader.readexactly(int(length[1]))
            except BaseException:
                writer.close()
                raise
            idle.append((reader, writer))
            return head, body


async def polling(look: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """For ever; ends where one look does not come to its end well."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    waiting: set[Task[None]] = set()
    async with asyncio.TaskGroup() as looks:
        for number in count(1):
            if len(waiting) < MOST_AT_ONCE:
                waiting.add(one := looks.create_task(look()))
                one.add_done_callback(waiting.discard)
            await asyncio.sleep(begun + number / A_SECOND - clock())
