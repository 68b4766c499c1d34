"""A client that cannot stop holds nobody up."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from kernel.stopping import stopped, until_asked


async def test_a_client_that_never_stops_is_left_behind() -> None:
    async with asyncio.timeout(5):
        await stopped(asyncio.sleep(600), seconds=0.01)


@pytest.mark.parametrize("error", [asyncio.CancelledError, KafkaError, OSError])
async def test_what_stopping_raises_ends_nobody_else(error: type[BaseException]) -> None:
    async def stop() -> None:
        raise error

    await stopped(stop())


async def test_what_several_clients_raise_at_once_ends_nobody_else() -> None:
    async def stop() -> None:
        raise ExceptionGroup("two consumers", [KafkaError(), OSError()])

    await stopped(stop())


@pytest.mark.parametrize("error", [ValueError("ours"), ExceptionGroup("", [KafkaError(), ValueError()])])
async def test_a_mistake_of_ours_is_not_kept_quiet(error: Exception) -> None:
    async def stop() -> None:
        raise error

    with pytest.raises(type(error)):
        await stopped(stop())


async def test_a_process_ends_with_its_work_even_where_nobody_asked() -> None:
    async def breaks_off() -> None:
        raise asyncio.CancelledError  # as aiokafka's own clean-up may

    async with asyncio.timeout(5):
        await until_asked(asyncio.Event(), asyncio.create_task(breaks_off()))


async def test_a_process_works_until_it_is_asked_to_stop() -> None:
    stop, work = asyncio.Event(), asyncio.create_task(asyncio.sleep(600))
    waiting = asyncio.create_task(until_asked(stop, work))
    await asyncio.wait({waiting}, timeout=0.01)
    assert not waiting.done()
    stop.set()
    async with asyncio.timeout(5):
        await waiting
    assert not work.done()
    work.cancel()
