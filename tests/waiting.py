"""Waiting for what happens elsewhere: in a database, another process, another task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

SECONDS_BETWEEN_LOOKS = 0.01


async def until(holds: Callable[[], Awaitable[T]], seconds: float = 60) -> T:
    """Asks again and again until the answer is true, and gives it; a TimeoutError says what was asked."""
    try:
        async with asyncio.timeout(seconds):
            while not (found := await holds()):  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            return found
    except TimeoutError as error:
        raise TimeoutError(f"waited {seconds:g} s in vain for {holds}") from error
