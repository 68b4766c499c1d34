"""A lease has one holder at a time, and a former holder can do nothing with it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.log.lease import Lease, LeaseLost, kept, release, renew, take
from kernel.log.relay.marks import Mark, move_marks, read_marks
from kernel.settings import Settings
from tests.waiting import until

RUN_OUT = "UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'"


@pytest.fixture
async def pool(database: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect_pool(database, "contacts_log")
    yield pool
    pool.terminate()


async def taken(pool: asyncpg.Pool, holder: str) -> Lease:
    lease = await take(pool, "relay", holder)
    assert lease
    return lease


async def test_of_many_who_ask_at_once_one_gets_the_lease(pool: asyncpg.Pool) -> None:
    taken = await asyncio.gather(*(take(pool, "relay", f"holder {number}") for number in range(10)))
    assert len([lease for lease in taken if lease]) == 1


async def test_nobody_else_gets_a_lease_that_runs(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    await renew(pool, lease)
    assert await take(pool, "relay", "second") is None


async def test_leases_of_different_names_do_not_meet(pool: asyncpg.Pool) -> None:
    assert await take(pool, "relay", "first")
    assert await take(pool, "deadlines", "second")


async def test_a_released_lease_is_free_at_once_under_a_new_epoch(pool: asyncpg.Pool) -> None:
    first = await taken(pool, "first")
    await release(pool, first)
    second = await taken(pool, "second")
    assert second.epoch == first.epoch + 1


async def test_a_lease_that_ran_out_is_lost_to_its_former_holder(pool: asyncpg.Pool) -> None:
    first = await taken(pool, "first")
    await pool.execute(RUN_OUT)
    second = await taken(pool, "second")
    with pytest.raises(LeaseLost):
        await renew(pool, first)
    await release(pool, first)
    await renew(pool, second)


async def test_a_lease_that_ran_out_but_that_nobody_took_goes_on(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    await pool.execute(RUN_OUT)
    await renew(pool, lease)
    assert await take(pool, "relay", "second") is None


async def lose(pool: asyncpg.Pool, lease: Lease) -> None:
    """Keeps a lease until another takes it."""
    async with kept(pool, lease):
        await pool.execute(RUN_OUT)
        await take(pool, "relay", "second")
        await asyncio.Event().wait()


async def test_losing_the_lease_cancels_what_its_holder_does(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    with pytest.raises(ExceptionGroup) as raised:
        await lose(pool, lease)
    assert raised.group_contains(LeaseLost)


async def test_a_kept_lease_is_renewed_and_then_released(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    before = await pool.fetchval("SELECT expires_at FROM lease")

    async def is_renewed() -> bool:
        return bool(await pool.fetchval("SELECT expires_at FROM lease") > before)

    async with kept(pool, lease):
        await until(is_renewed)
    assert await take(pool, "relay", "second")


async def test_only_the_holder_moves_marks(pool: asyncpg.Pool) -> None:
    first = await taken(pool, "first")
    await move_marks(pool, first, [Mark(3, 1, 7, 6), Mark(5, 1, 2, 1)], {3: 0, 5: 0})
    await pool.execute(RUN_OUT)
    second = await taken(pool, "second")
    with pytest.raises(LeaseLost):
        await move_marks(pool, first, [Mark(3, 1, 9, 8)], {3: 7})
    assert (await read_marks(pool))[3] == Mark(3, 1, 7, 6)
    await move_marks(pool, second, [Mark(3, 1, 8, 7)], {3: 7})
    assert (await read_marks(pool))[3] == Mark(3, 1, 8, 7)


async def test_a_mark_of_a_former_generation_does_not_move(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    await pool.execute("UPDATE mark SET generation = 2")
    with pytest.raises(LeaseLost):
        await move_marks(pool, lease, [Mark(3, 1, 7, 6)], {3: 0})
    assert (await read_marks(pool))[3] == Mark(3, 2, 0, -1)


async def test_a_mark_that_a_restored_database_set_back_does_not_move(pool: asyncpg.Pool) -> None:
    lease = await taken(pool, "first")
    await move_marks(pool, lease, [Mark(3, 1, 7, 6)], {3: 0})
    await pool.execute("UPDATE mark SET position = 5, topic_offset = 4 WHERE partition = 3")
    with pytest.raises(LeaseLost):
        await move_marks(pool, lease, [Mark(3, 1, 9, 8)], {3: 7})
    assert (await read_marks(pool))[3] == Mark(3, 1, 5, 4)


async def test_a_move_that_had_to_wait_while_another_took_the_lease_moves_nothing(pool: asyncpg.Pool) -> None:
    first = await taken(pool, "first")
    await pool.execute(RUN_OUT)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE lease SET expires_at = expires_at WHERE name = 'relay'")
        moving = asyncio.create_task(move_marks(pool, first, [Mark(3, 1, 7, 6)], {3: 0}))
        await asyncio.wait({moving}, timeout=0.1)
        assert not moving.done()
        await connection.execute("UPDATE lease SET epoch = epoch + 1")
    with pytest.raises(LeaseLost):
        await moving
