"""A client that cannot stop holds nobody up."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from kernel.taking.stopping import stopped


async def test_a_client_that_never_stops_is_left_behind() -> None:
    async with asyncio.timeout(5):
        await stopped(asyncio.sleep(600), seconds=0.01)


@pytest.mark.parametrize("error", [asyncio.CancelledError, KafkaError, OSError])
async def test_what_stopping_raises_ends_nobody_else(error: type[BaseException]) -> None:
    async def stop() -> None:
        raise error

    await stopped(stop())


async def test_a_mistake_of_ours_is_not_kept_quiet() -> None:
    async def stop() -> None:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        await stopped(stop())
