"""The end of a process, and of its Kafka clients, whose cluster may be gone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka.errors import KafkaError

SECONDS_TO_STOP = 5.0

_ENDS = (asyncio.CancelledError, KafkaError, OSError, asyncio.InvalidStateError)
"""What a client that has lost its cluster may say at its end."""


async def stopped(stop: Coroutine[Any, Any, None], seconds: float = SECONDS_TO_STOP) -> None:
    """In a task of its own: without its cluster aiokafka's stop() may hang for good, or raise CancelledError
    itself."""
    stopping = asyncio.create_task(stop)
    await asyncio.wait({stopping}, timeout=seconds)
    stopping.cancel()
    try:
        stopping.result()
    except _ENDS:
        return
    except BaseExceptionGroup as several:  # FastStream's, of one or more consumers
        if several.split(_ENDS)[1] is not None:
            raise


async def until_asked(stop: asyncio.Event, *work: asyncio.Task[None]) -> None:
    """Until `stop` is set, or until work has ended, which it should not by itself: then the process ends too,
    and is started anew."""
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({asked, *work}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
