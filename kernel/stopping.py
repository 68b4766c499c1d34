"""The end of a process, and of its Kafka clients, whose cluster may be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from aiokafka.errors import KafkaError

SECONDS_TO_STOP = 5.0


async def stopped(stop: Coroutine[Any, Any, None], seconds: float = SECONDS_TO_STOP) -> None:
    """In a task of its own: without its cluster aiokafka's stop() may hang for good, or raise CancelledError
    itself."""
    stopping = asyncio.create_task(stop)
    await asyncio.wait({stopping}, timeout=seconds)
    stopping.cancel()
    with suppress(asyncio.CancelledError, KafkaError, OSError, asyncio.InvalidStateError):
        stopping.result()


async def until_asked(stop: asyncio.Event, *work: asyncio.Task[None]) -> None:
    """Until `stop` is set, or until work has ended, which it should not by itself: then the process ends too,
    and is started anew."""
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({asked, *work}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
