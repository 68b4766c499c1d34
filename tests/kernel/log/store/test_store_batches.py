"""Commands that share a commit: each wins or loses by itself, as if they had come one after the other."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kernel.ids import new_id
from kernel.log.store.append import Answered, Append, Appended, Claim, Stale, Taken
from kernel.log.store.batch import STATEMENT, Batch, apart
from kernel.settings import Settings
from tests.connecting import connected
from tests.kernel.log.store.appends import append, email, noted, opened, write

STREAMS, ORGS = [new_id() for _ in range(4)], [new_id() for _ in range(2)]
CLAIMS = [email(name) for name in ("ada", "bob", "cyd")]


async def commit(connection: asyncpg.Connection, *appends: Append) -> list[Any]:
    """One batch, exactly these."""
    batch = Batch(appends)
    return batch.results(await connection.fetchrow(STATEMENT, *batch.parameters))


async def test_a_loser_harms_no_neighbour(database: Settings):
    org, old, new, shared = new_id(), new_id(), new_id(), new_id()
    async with connected(database) as connection:
        (done,) = await commit(connection, append(org, write(old, takes=[email("ada")]), key="k"))
        results = await commit(
            connection,
            append(org, write(shared, 0, 2)),
            append(org, write(old), key="other"),
            append(org, write(new_id(), takes=[email("ada")]), key="another"),
            append(org, write(old), key="k"),
            append(org, write(new, 0, 3, takes=[email("bob")])),
        )
        events = await connection.fetch("SELECT stream_id, version FROM event ORDER BY recorded_at, version")
        assert {row["key"] for row in await connection.fetch("SELECT key FROM answer")} == {"k"}
        assert {row["stream_id"] for row in await connection.fetch("SELECT * FROM claim")} == {old, new}
    assert isinstance(done, Appended)
    assert [type(result) for result in results] == [Appended, Stale, Taken, type(None), Appended]
    assert {row["stream_id"] for row in events} == {old, shared, new}


async def test_positions_stay_gapless_where_a_batch_loses_commands(database: Settings):
    org, contact = new_id(), new_id()  # one contact: one partition
    stale = new_id()
    async with connected(database) as connection:
        await commit(connection, append(org, write(stale, key=contact)))
        results = await commit(
            connection,
            append(org, write(new_id(), 0, 2, key=contact)),
            append(org, write(stale, 0, 5, key=contact)),
            append(org, write(new_id(), 0, 3, key=contact), write(new_id(), 0, 1, key=contact)),
        )
        rows = await connection.fetch("SELECT stream_id, version, position FROM event ORDER BY position")
    assert [row["position"] for row in rows] == list(range(1, 8))
    last = {row["stream_id"]: row["position"] for row in rows}
    told = {
        stream: r.position
        for result in results
        if result != Stale((stale,))
        for stream, r in result.streams.items()
    }
    assert told == {stream: last[stream] for stream in told}
    assert len(told) == 3


@pytest.mark.parametrize("key", ["a\0b", "\ud800"])
async def test_a_command_that_cannot_be_stored_harms_no_neighbour(database: Settings, key: str):
    org, good = new_id(), new_id()
    async with opened(database) as store:
        first = asyncio.create_task(store.append(append(org, write(new_id()))))
        bad = asyncio.create_task(store.append(append(org, write(new_id()), key=key)))
        last = asyncio.create_task(store.append(append(org, write(good))))
        assert isinstance(await first, Appended)
        assert isinstance(await last, Appended)
        with pytest.raises((asyncpg.PostgresError, UnicodeEncodeError)):
            await bad
        assert (await store.load(org, [good])).streams[good].version == 1


async def test_one_id_begun_at_once_under_two_partition_keys_is_begun_once(database: Settings):
    org = new_id()
    async with opened(database) as one, opened(database) as other:
        for _ in range(20):
            stream = new_id()
            rivals = (
                store.append(append(org, write(stream, key=new_id()))) for store in (one, other) for _ in "ab"
            )
            results = await asyncio.gather(*rivals)
            assert sorted(type(result).__name__ for result in results) == ["Appended", *["Stale"] * 3]


@st.composite
def commands(draw: st.DrawFn) -> Append:
    streams = draw(st.lists(st.sampled_from(STREAMS), min_size=1, max_size=2, unique=True))
    writes = [
        write(
            stream,
            draw(st.integers(0, 3)),
            draw(st.integers(0, 2)),
            takes=draw(st.lists(st.sampled_from(CLAIMS), max_size=2, unique=True))
            if stream == streams[0]
            else (),
            releases=draw(st.lists(st.sampled_from(CLAIMS), max_size=2, unique=True)),
        )
        for stream in streams
    ]
    key = draw(st.sampled_from(["a", "b", "c", None]))
    return append(draw(st.sampled_from(ORGS)), *writes, key=key)


class Model:
    """The store as it would be if commands came one after the other."""

    def __init__(self) -> None:
        self.versions: dict[Any, int] = {}
        self.claims: dict[Any, Any] = {}
        self.keys: set[Any] = set()

    def outcome(self, command: Append) -> Any:
        org = command.org_id
        if command.key and (org, command.key) in self.keys:
            return "answered"
        stale = [
            w.stream_id
            for w in command.writes
            if self.versions.get((org, w.stream_id), 0) != w.expected_version
        ]
        if stale:
            return Stale(tuple(stale))
        released = {(w.stream_id, claim) for w in command.writes for claim in w.releases}
        for w in command.writes:
            for claim in w.takes:
                holder = self.claims.get((org, claim), w.stream_id)
                if holder != w.stream_id and (holder, claim) not in released:
                    return Taken(claim, holder)
        self.apply(command)
        return "appended"

    def apply(self, command: Append) -> None:
        org = command.org_id
        self.keys.add((org, command.key))
        for w in command.writes:
            self.versions[org, w.stream_id] = w.last
            for claim in w.releases:
                if self.claims.get((org, claim)) == w.stream_id:
                    del self.claims[org, claim]
        for w in command.writes:
            for claim in w.takes:
                self.claims[org, claim] = w.stream_id


def batches(commands: list[Append]) -> list[list[Append]]:
    """Cut wherever two would share what must be apart."""
    cut: list[list[Append]] = [[]]
    shared: set[object] = set()
    for command in commands:
        if not shared.isdisjoint(apart(command)):
            cut.append([])
            shared = set()
        cut[-1].append(command)
        shared.update(apart(command))
    return cut


def told(result: Any) -> Any:
    match result:
        case None:
            return "answered"
        case Appended():
            return "appended"
        case _:
            return result


async def replay(connection: asyncpg.Connection, sequence: list[Append]) -> None:
    model = Model()
    for batch in batches(sequence):
        expected = list(map(model.outcome, batch))
        assert [told(result) for result in await commit(connection, *batch)] == expected
    orgs = [command.org_id for command in sequence]
    rows = await connection.fetch(
        "SELECT org_id, stream_id, max(version) AS last, count(*) AS events FROM event "
        "WHERE org_id = ANY ($1) GROUP BY 1, 2",
        orgs,
    )
    stored = {(row["org_id"], row["stream_id"]): row["last"] for row in rows}
    assert stored == {stream: version for stream, version in model.versions.items() if version}
    assert all(row["last"] == row["events"] for row in rows)
    claims = await connection.fetch("SELECT * FROM claim WHERE org_id = ANY ($1)", orgs)
    held = {(row["org_id"], Claim(row["kind"], row["digest"])): row["stream_id"] for row in claims}
    assert held == model.claims


def test_a_batch_does_what_its_commands_would_do_one_by_one(database: Settings):
    with asyncio.Runner() as runner:

        async def connect() -> tuple[Any, asyncpg.Connection]:
            context = connected(database)
            return context, await context.__aenter__()

        context, connection = runner.run(connect())

        @hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(commands(), min_size=1, max_size=12))
        def check(sequence: list[Append]) -> None:
            orgs = {org: new_id() for org in ORGS}  # each example in a world of its own
            runner.run(replay(connection, [replace(one, org_id=orgs[one.org_id]) for one in sequence]))

        check()
        runner.run(context.__aexit__(None, None, None))


async def test_what_waits_goes_into_one_commit(database: Settings):
    org = new_id()
    async with opened(database) as store, connected(database) as connection:
        waiting: list[Coroutine[Any, Any, Any]] = [
            store.append(append(org, write(new_id()))) for _ in range(100)
        ]
        await asyncio.gather(*waiting)
        commits = await connection.fetchval("SELECT count(DISTINCT recorded_at) FROM event")
    assert commits <= 4


async def test_fifty_repeats_of_one_key_write_one_event_and_get_equal_answers(database: Settings):
    org, stream = new_id(), new_id()
    begun = noted()
    async with opened(database) as one, opened(database) as other, connected(database) as connection:
        repeats = (
            store.append(append(org, write(stream, 0, [begun]), key="k"))
            for store in (one, other)
            for _ in range(25)
        )
        results = await asyncio.gather(*repeats)
        assert await connection.fetchval("SELECT count(*) FROM event") == 1
    (done,) = (result for result in results if isinstance(result, Appended))
    answers = [result.answer for result in results if isinstance(result, Answered)]
    assert len(answers) == 49
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].streams[0].position == done.streams[stream].position
