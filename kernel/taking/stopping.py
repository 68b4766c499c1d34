"""The end of a Kafka client, which may be one of a cluster that is gone."""

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
