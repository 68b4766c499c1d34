"""Where an organisation's last gate fact stands: moved by it in its own transaction, and by nothing else."""

import asyncio
from uuid import UUID

from msgspec.structs import replace

from kernel.ids import new_id
from kernel.log.store.append import Appended, NewEvent, Stale
from kernel.settings import Settings
from tests.connecting import connected
from tests.kernel.log.store.appends import append, noted, opened, write


def gate() -> NewEvent:
    return replace(noted(), gate=True)


async def heads(settings: Settings, org: UUID) -> dict[int, int]:
    async with connected(settings, "contacts_gate") as db:
        rows = await db.fetch("SELECT partition, position FROM gate_head WHERE org_id = $1", org)
    return dict(rows)


async def test_it_is_the_place_of_the_last_gate_fact(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        assert isinstance(await store.append(append(org, write(stream, 0, [gate(), noted()]))), Appended)
        first = await heads(database, org)
        done = await store.append(append(org, write(stream, 2, [noted(), gate(), noted()])))
    assert isinstance(done, Appended)
    place = done.streams[stream]
    assert first == {place.partition: 1}
    assert await heads(database, org) == {place.partition: place.position - 1}


async def test_other_facts_leave_it(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream, 0, 3)))
        assert await heads(database, org) == {}
        await store.append(append(org, write(stream, 3, [gate()])))
        before = await heads(database, org)
        await store.append(append(org, write(stream, 4, 3)))
        await store.append(append(new_id(), write(new_id(), 0, [gate()], key=stream)))
    assert await heads(database, org) == before


async def test_a_command_that_loses_leaves_it(database: Settings):
    org, stream, other = new_id(), new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream, 0, [gate()])))
        before = await heads(database, org)
        results = await asyncio.gather(
            store.append(append(org, write(stream, 0, [gate(), gate()]))),
            store.append(append(org, write(other, 0, 2, key=stream))),
        )
    assert [type(result) for result in results] == [Stale, Appended]
    assert await heads(database, org) == before


async def test_what_another_organisation_is_told_moves_its_own(database: Settings):
    mine, other, stream = new_id(), new_id(), new_id()
    theirs = replace(write(stream, 0, [gate()]), org_id=other)
    async with opened(database) as store:
        done = await store.append(append(mine, write(stream, 0, [gate()]), theirs))
    assert isinstance(done, Appended)
    [place] = done.streams.values()
    assert await heads(database, mine) == {place.partition: place.position}
    assert await heads(database, other) == {place.partition: place.position + 1}
