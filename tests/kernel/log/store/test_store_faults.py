"""A database that breaks off: whoever was told "done" finds it done, and nothing is ever half done."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from kernel.database import DatabaseAway
from kernel.ids import new_id
from kernel.log.store import Store
from kernel.log.store.append import Answered, Append, Appended
from kernel.settings import Settings
from tests.kernel.log.store.appends import append, email, opened, write
from tests.waiting import until

ORG = new_id()

BACKENDS = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'rapport contacts_log' AND state = 'active'"
)


@asynccontextmanager
async def administrator(settings: Settings, postgres: str) -> AsyncIterator[asyncpg.Connection]:
    name = urlsplit(settings.dsn["contacts_log"]).path.lstrip("/")

    async def connect() -> asyncpg.Connection | None:
        with suppress(OSError, asyncpg.PostgresError):  # it is starting again
            return await asyncpg.connect(postgres, database=name)

    connection = await until(connect)
    try:
        yield connection
    finally:
        connection.terminate()


def command() -> Append:
    """Two streams, a claim and a key: enough to be half done."""
    first, second = new_id(), new_id()
    mine = email(str(first))
    return append(ORG, write(first, 0, 2, takes=[mine]), write(second, 0, 1), key=str(first))


async def send(store: Store, stop: asyncio.Event) -> list[tuple[Append, bool]]:
    """Commands one after the other, each with whether it was acknowledged."""
    sent = []
    while not stop.is_set():
        one = command()
        try:
            done = isinstance(await store.append(one), Appended)
        except DatabaseAway:
            done = False
            await asyncio.sleep(0.01)
        sent.append((one, done))
    return sent


async def strike(settings: Settings, postgres: str, how: str, times: int) -> None:
    """Breaks connections in the middle of their work."""
    for _ in range(times):
        async with administrator(settings, postgres) as connection:
            pid = await until(partial(connection.fetchval, BACKENDS))
            if how == "terminate":
                await connection.execute("SELECT pg_terminate_backend($1)", pid)
            else:
                os.kill(pid, signal.SIGKILL)  # the server then ends all others, and recovers from its log


async def stored(connection: asyncpg.Connection) -> dict[UUID, tuple[int, int, int]]:
    """Of each command, by its correlation: how many events, claims and answers there are."""
    rows = await connection.fetch(
        "SELECT correlation_id, count(*) AS events, count(DISTINCT c.digest) AS claims, "
        "count(DISTINCT a.key) AS answers FROM contacts.event e "
        "LEFT JOIN contacts.claim c USING (stream_id) LEFT JOIN contacts.answer a ON a.key = stream_id::text "
        "GROUP BY correlation_id"
    )
    return {row["correlation_id"]: (row["events"], row["claims"], row["answers"]) for row in rows}


@pytest.mark.parametrize(("how", "times"), [("terminate", 8), ("kill", 2)])
async def test_what_was_acknowledged_is_there_and_nothing_is_half_there(
    database: Settings, postgres: str, how: str, times: int
):
    stop = asyncio.Event()
    async with opened(database) as store:
        senders = [asyncio.create_task(send(store, stop)) for _ in range(16)]
        await strike(database, postgres, how, times)
        await until(partial(answers, store))  # it comes back by itself
        stop.set()
        sent = [one for batch in await asyncio.gather(*senders) for one in batch]
        async with administrator(database, postgres) as connection:
            there = await stored(connection)
            answered = await connection.fetchval(
                "SELECT count(*) FROM contacts.answer WHERE key NOT LIKE 'probe%'"
            )
        repeats = [await store.append(one) for one, done in sent if not done]
    assert all(there.get(one.correlation_id) == (3, 1, 1) for one, done in sent if done)
    whole = [one for one, _ in sent if one.correlation_id in there]
    assert all(there[one.correlation_id] == (3, 1, 1) for one in whole)
    assert len(whole) == answered
    assert repeats  # the blow did hit commands on their way
    assert {type(repeat) for repeat in repeats} <= {Appended, Answered}  # a repeat settles what was left open


async def answers(store: Store) -> bool:
    try:
        done = await store.append(append(ORG, key=f"probe{new_id()}", outcome="rejected", problem=b""))
    except DatabaseAway:
        return False
    return isinstance(done, Appended)


async def test_a_database_that_is_away_says_so(database: Settings):
    nowhere = {role: dsn.replace(f":{urlsplit(dsn).port}/", ":9/") for role, dsn in database.dsn.items()}
    with pytest.raises(DatabaseAway):
        await Store.open(database.model_copy(update={"dsn": nowhere}), "contacts")
