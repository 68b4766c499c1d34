"""Laws that hold however many processes append at once."""

import asyncio
from collections import Counter, defaultdict
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from kernel.ids import new_id
from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.log.store import Store
from kernel.log.store.append import Appended, Claim, Stale, Taken
from kernel.settings import Settings
from tests.connecting import connected
from tests.kernel.log.store.appends import append, email, noted, opened, write
from tests.waiting import until

ORG = new_id()


async def follow(connection: asyncpg.Connection, finished: asyncio.Event) -> dict[int, list[int]]:
    """Every position that a reader sees who asks each partition again and again for what comes next."""
    seen: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
    while True:
        last_round = finished.is_set()
        for partition, positions in seen.items():
            after = positions[-1] if positions else 0
            rows = await read_partition(connection, "contacts", partition, after, 1000)
            positions += [position for position, _ in rows]
        if last_round:
            return seen


async def begin_many(store: Store, commands: int) -> None:
    for n in range(commands):
        await store.append(append(ORG, *(write(new_id(), 0, 1 + n % 2) for _ in range(1 + n % 3))))


async def test_a_reader_by_position_never_skips_an_event(database: Settings):
    finished = asyncio.Event()
    async with opened(database) as one, opened(database) as other, connected(database) as connection:
        reader = asyncio.create_task(follow(connection, finished))
        await asyncio.gather(*(begin_many(store, 12) for store in (one, other) for _ in range(16)))
        finished.set()
        seen = await reader
        stored = await connection.fetchval("SELECT count(*) FROM event")
    assert all(positions == list(range(1, len(positions) + 1)) for positions in seen.values())
    assert sum(map(len, seen.values())) == stored


async def test_a_recording_time_names_a_prefix_of_its_partition(database: Settings):
    async with opened(database) as one, opened(database) as other, connected(database) as connection:
        await asyncio.gather(*(begin_many(store, 10) for store in (one, other) for _ in range(16)))
        rows = await connection.fetch(
            "SELECT partition, recorded_at, xmin FROM event ORDER BY partition, position"
        )
    for former, latter in pairwise(rows):
        if former["partition"] == latter["partition"]:
            assert former["recorded_at"] <= latter["recorded_at"]
            same_time = former["recorded_at"] == latter["recorded_at"]
            assert same_time == (former["xmin"] == latter["xmin"])  # a commit is seen whole or not at all


async def test_one_append_wins_each_version(database: Settings):
    stream = new_id()
    async with opened(database) as one, opened(database) as other:
        for version in range(10):
            rivals = (
                store.append(append(ORG, write(stream, version))) for store in (one, other) for _ in range(8)
            )
            results = await asyncio.gather(*rivals)
            assert Counter(map(type, results)) == {Appended: 1, Stale: 15}
        loaded = (await one.load(ORG, [stream])).streams[stream]
    assert [event.version for event in loaded.events] == list(range(1, 11))


async def add_to_some(store: Store, streams: list[UUID], seed: int) -> dict[str, bool]:
    """Commands over several hot streams; each event names its command. Which of them were accepted."""
    random = Random(seed)
    accepted: dict[str, bool] = {}
    for n in range(15):
        command = f"{seed}-{n}"
        chosen = random.sample(streams, random.randint(2, 3))
        loaded = (await store.load(ORG, chosen)).streams
        versions = {stream: loaded[stream].version if stream in loaded else 0 for stream in chosen}
        writes = (write(stream, version, [noted(command.encode())]) for stream, version in versions.items())
        result = await store.append(append(ORG, *writes, key=command))
        accepted[command] = isinstance(result, Appended)
    return accepted


async def test_a_command_over_several_streams_writes_all_or_nothing(database: Settings):
    streams = [new_id() for _ in range(6)]
    async with opened(database) as one, opened(database) as other, connected(database) as connection:
        workers = (add_to_some(store, streams, seed) for seed, store in enumerate([one, other] * 6))
        accepted = {key: won for results in await asyncio.gather(*workers) for key, won in results.items()}
        rows = await connection.fetch(
            "SELECT key AS command, count(DISTINCT event.xmin::text) AS commits, count(*) AS events, "
            "json_array_length(streams) AS streams "
            "FROM event JOIN answer ON key = convert_from(data, 'UTF8') "
            "GROUP BY key, json_array_length(streams)"
        )
        versions = await connection.fetch(
            "SELECT max(version) AS last, count(*) AS n FROM event GROUP BY stream_id"
        )
    assert {row["command"] for row in rows} == {key for key, won in accepted.items() if won}
    assert all(row["events"] == row["streams"] and row["commits"] == 1 for row in rows)
    assert all(row["last"] == row["n"] for row in versions)
    assert 0 < len(rows) < len(accepted)


async def contend(store: Store, claims: list[Claim], seed: int) -> list[tuple[Any, Any]]:
    """A stream that takes and releases claims which others want too; what it sent and what came of it."""
    random = Random(seed)
    stream, version = new_id(), 0
    mine: set[Claim] = set()
    history = []
    for _ in range(25):
        wanted = {claim for claim in claims if random.random() < 0.3}
        takes, releases = tuple(wanted - mine), tuple(mine - wanted)
        result = await store.append(append(ORG, write(stream, version, takes=takes, releases=releases)))
        history.append((stream, result))
        if isinstance(result, Appended):
            version, mine = version + 1, wanted
    history.append((stream, frozenset(mine)))
    return history


async def test_a_claim_never_has_two_holders(database: Settings):
    claims = [email(str(n)) for n in range(4)]
    async with opened(database) as one, opened(database) as other, connected(database) as connection:
        workers = [contend(store, claims, seed) for seed, store in enumerate([one, other] * 5)]
        histories = await asyncio.wait_for(asyncio.gather(*workers), 60)
        rows = await connection.fetch("SELECT kind, digest, stream_id FROM claim")
    held = defaultdict(set)
    for row in rows:
        held[row["stream_id"]].add(Claim(row["kind"], row["digest"]))
    for history in histories:
        stream, believed = history[-1]
        assert held[stream] == believed  # nobody lost what it had, or kept what it gave
    results = [result for history in histories for _, result in history[:-1]]
    assert {type(result) for result in results} == {Appended, Taken}
    streams = {history[-1][0] for history in histories}
    assert all(result.holder in streams for result in results if isinstance(result, Taken))


async def rolled_back(postgres: str, settings: Settings) -> int:
    """How many transactions of this database failed; counted when their connections have ended."""
    administrator = await asyncpg.connect(postgres)
    name = settings.dsn["contacts_log"].rpartition("/")[2]
    sessions = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = $1"
    await until(lambda: administrator.fetchval(sessions, name))
    count: int = await administrator.fetchval(
        "SELECT xact_rollback FROM pg_stat_database WHERE datname = $1", name
    )
    await administrator.close()
    return count


async def test_claims_wanted_in_opposite_orders_wait_for_each_other_in_one_order(
    database: Settings, postgres: str
):
    before = await rolled_back(postgres, database)
    names = [email(str(n)) for n in range(40)]
    async with opened(database) as one, opened(database) as other:
        for _ in range(25):
            rivals = [
                store.append(append(ORG, write(new_id(), takes=takes)))
                for store, takes in ((one, names), (other, names[::-1]))
            ]
            results = await asyncio.gather(*rivals)
            assert Counter(map(type, results)) == {Appended: 1, Taken: 1}
            (winner,) = (
                stream for result in results if isinstance(result, Appended) for stream in result.streams
            )
            await one.append(append(ORG, write(winner, 1, releases=names)))
    assert (
        await rolled_back(postgres, database) == before
    )  # no deadlock, no violation: nothing was tried again


async def test_time_goes_on_when_the_clock_is_set_back(database: Settings):
    stream = new_id()
    async with opened(database) as store, connected(database) as connection:
        await connection.execute("UPDATE counter SET recorded_at = now() + '1 hour'")
        ahead = await connection.fetchval("SELECT max(recorded_at) FROM counter")
        result = await store.append(append(ORG, write(stream)))
    assert isinstance(result, Appended)
    assert result.recorded_at > ahead
