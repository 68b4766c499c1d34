"""The outbox is carried out in the order of each stream until every command has its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg

from kernel.database import DatabaseAway
from kernel.handling.call import Answer, Call
from kernel.log.lease import take
from kernel.reaction.folding import Decided
from kernel.reaction.outbox import drop, put, unpark
from kernel.reaction.reaction import Issue
from kernel.reaction.sending import LEASE, Sender
from kernel.taking.parking.which import Which
from kernel.web.problems import Problem
from tests.kernel.reaction.conftest import posted
from tests.kernel.reaction.shelves import Collect, shelves
from tests.parcels.events import ParcelLost
from tests.parcels.log import Log
from tests.waiting import until

ONE, TWO = UUID(int=1), UUID(int=2)


class Handler:
    """Remembers what it was asked, and raises what it is told to."""

    def __init__(self, raises: Callable[[Call], Exception | None] = lambda call: None) -> None:
        self.calls: list[Call] = []
        self.raises = raises

    async def handle(self, call: Call) -> Answer:
        self.calls.append(call)
        await asyncio.sleep(0)
        if error := self.raises(call):
            raise error
        assert call.stream_id is not None
        return Answer("changed", call.stream_id, 1, (), {})

    def of(self, stream: UUID) -> list[int]:
        """The numbers of a stream's commands in the order in which they were asked for."""
        return [number(call) for call in self.calls if call.stream_id == stream]


def number(call: Call) -> int:
    assert isinstance(call.command, Collect)
    return call.command.contact_id.int


async def fill(pool: asyncpg.Pool, streams: Sequence[UUID]) -> None:
    """A command for each of these streams in turn, numbered from 0."""
    log = Log()
    log.append(uuid4(), ParcelLost(place="depot"))
    decided = [
        Decided(uuid4(), Issue(stream, Collect(contact_id=UUID(int=n))), log.facts[0])
        for n, stream in enumerate(streams)
    ]
    async with pool.acquire() as db:
        await put(db, shelves(), decided)


@asynccontextmanager
async def sending(pool: asyncpg.Pool, handler: Handler) -> AsyncIterator[Sender]:
    sender = Sender(pool, handler, [Collect])
    task = asyncio.create_task(sender.work())
    try:
        yield sender
    finally:
        sender.stopping.set()
        sender.wake.set()
        await task


def empty(pool: asyncpg.Pool) -> Callable[[], Awaitable[bool]]:
    async def nothing_left() -> bool:
        return not await posted(pool)

    return nothing_left


async def test_commands_of_one_stream_are_carried_out_in_their_order(pool: asyncpg.Pool) -> None:
    handler = Handler()
    await fill(pool, [ONE, TWO, ONE, TWO, ONE])
    async with sending(pool, handler):
        await until(empty(pool))
    assert (handler.of(ONE), handler.of(TWO)) == ([0, 2, 4], [1, 3])


async def test_a_command_has_the_key_of_its_cause_and_says_who_wished_it(pool: asyncpg.Pool) -> None:
    handler = Handler()
    await fill(pool, [ONE])
    (waiting,) = await posted(pool)
    async with sending(pool, handler):
        await until(empty(pool))
    (call,) = handler.calls
    assert call.key == str(waiting.command_id)
    assert call.actor == "reaction:shelves"
    assert (call.causation_id, call.correlation_id) == (waiting.causation_id, waiting.correlation_id)


async def test_a_refusal_is_an_answer(pool: asyncpg.Pool) -> None:
    handler = Handler(lambda call: Problem("collected-already", "Somebody was quicker."))
    await fill(pool, [ONE, ONE])
    async with sending(pool, handler):
        await until(empty(pool))
    assert handler.of(ONE) == [0, 1]


async def test_what_cannot_be_done_now_is_done_later_and_holds_its_stream_back(pool: asyncpg.Pool) -> None:
    troubles = [Problem("unavailable", ""), Problem("log-ahead", ""), Problem("conflict", ""), DatabaseAway()]
    handler = Handler(lambda call: troubles.pop() if number(call) == 0 and troubles else None)
    await fill(pool, [ONE, TWO, ONE])
    async with sending(pool, handler):
        await until(empty(pool))
    assert handler.of(ONE) == [0, 0, 0, 0, 0, 2]
    assert handler.of(TWO) == [1]


async def test_any_other_error_parks_the_command_and_what_is_behind_it(pool: asyncpg.Pool) -> None:
    for error in (ValueError("no"), Problem("not-found", "")):
        broken = [error]
        handler = Handler(lambda call, broken=broken: broken[0] if broken and number(call) == 0 else None)  # type: ignore[misc]
        await fill(pool, [ONE, TWO, ONE])
        async with sending(pool, handler) as sender:
            await until(empty(pool))
            assert (handler.of(ONE), handler.of(TWO)) == ([0], [1])
            broken.clear()
            assert await unpark(pool, shelves(), Which()) == 1
            sender.wake.set()
            await until(empty(pool))
        assert handler.of(ONE) == [0, 0, 2]


async def test_what_waits_behind_a_command_that_is_dropped_goes_on(pool: asyncpg.Pool) -> None:
    handler = Handler(lambda call: ValueError("no") if number(call) == 0 else None)
    await fill(pool, [ONE, ONE])
    async with sending(pool, handler) as sender:
        await until(empty(pool))
        assert handler.of(ONE) == [0]
        assert " handle" in await pool.fetchval("SELECT frames FROM outbox WHERE parked = 'ValueError'")
        assert await drop(pool, shelves(), Which(stream_id=ONE), "not wanted", "tester") == 1
        sender.wake.set()
        await until(lambda: _nothing(pool))
    assert handler.of(ONE) == [0, 1]
    (record,) = await pool.fetch("SELECT * FROM dropped_command")
    assert (record["reaction"], record["parked_for"]) == ("shelves", "ValueError")
    assert (record["reason"], record["dropped_by"]) == ("not wanted", "tester")


async def _nothing(pool: asyncpg.Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox")


async def test_one_process_sends_at_a_time(pool: asyncpg.Pool) -> None:
    handler = Handler()
    await fill(pool, [ONE])
    lease = await take(pool, LEASE, "another process")
    assert lease
    async with sending(pool, handler):
        await until(lambda: _expired(pool))
        assert not handler.calls
        await until(empty(pool))
    assert handler.of(ONE) == [0]


async def _expired(pool: asyncpg.Pool) -> bool:
    return bool(
        await pool.fetchval("SELECT expires_at < clock_timestamp() + interval '4 seconds' FROM lease")
    )
