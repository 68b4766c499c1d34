"""Idempotency keys: a repeat gets the first answer, whatever it was and whatever happened since."""

import asyncio
from uuid import uuid4

import pytest
from msgspec.structs import replace

from kernel.handling.call import Answer
from kernel.handling.handler import Handler
from kernel.web.problems import Problem
from tests.boats.aggregate import BOAT, POLE, HoistFlag, LaunchBoat, MoorBoat, NameOwner, RowBoat
from tests.boats.harbour import Harbour, open_handler, refusal


async def test_fifty_parallel_posts_of_one_key_launch_one_boat(harbour: Harbour):
    call = harbour.call(LaunchBoat(owner="Ada"), key="launch")
    answers = await asyncio.gather(
        *((harbour.one, harbour.two)[n % 2].handle(replace(call, correlation_id=uuid4())) for n in range(50))
    )
    assert all(answer == answers[0] for answer in answers)
    assert await harbour.log.fetchval("SELECT count(*) FROM event") == 1


async def test_one_key_in_two_services_begins_two_streams(harbour: Harbour):
    call = harbour.call(LaunchBoat(owner="Ada"), key="launch")
    elsewhere = await Handler.open(harbour.settings, "sales", [BOAT, POLE])
    ids = {(await handler.handle(call)).id for handler in (harbour.one, elsewhere)}
    await elsewhere.close()
    assert len(ids) == 2


async def test_a_repeat_is_answered_as_before_though_the_boat_has_moved_on(harbour: Harbour):
    launch = harbour.call(LaunchBoat(owner="Ada"), key="launch")
    first = await harbour.one.handle(launch)
    row = harbour.call(RowBoat(strokes=3), first.id, key="row")
    rowed = await harbour.one.handle(row)
    await harbour.ask(RowBoat(strokes=4), first.id)
    for handler in (harbour.one, harbour.two):
        assert await handler.handle(launch) == first
        assert await handler.handle(row) == rowed
    assert await harbour.events(first.id) == ["BoatLaunched", "BoatRowed", "BoatRowed"]


async def test_nothing_to_do_is_an_answer_that_is_repeated(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    same = harbour.call(NameOwner(owner="Ada"), boat, key="name")
    first = await harbour.one.handle(same)
    assert (first.kind, first.version, first.events) == ("unchanged", 1, ())
    await harbour.ask(NameOwner(owner="Bo"), boat)
    assert await harbour.two.handle(same) == first


async def test_a_refusal_is_repeated_and_stored_sealed(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    moor = harbour.call(MoorBoat(berth="rock"), boat, key="moor")
    first = await refusal(harbour.one, moor)
    assert (first.status, first.code, first.pointer) == (422, "berth-unfit", "/berth")
    assert (await refusal(harbour.two, moor)).document() == first.document()
    stored = await harbour.log.fetchval("SELECT problem FROM answer WHERE key = 'moor'")
    assert b"rock" not in stored
    assert b"berth" not in stored


async def test_a_taken_berth_is_no_answer_to_be_kept(harbour: Harbour):
    holder, boat = [(await harbour.ask(LaunchBoat(owner=name))).id for name in ("Ada", "Bo")]
    await harbour.ask(MoorBoat(berth="7"), holder)
    moor = harbour.call(MoorBoat(berth="7"), boat, key="moor")
    assert (await refusal(harbour.one, moor)).code == "berth-taken"
    await harbour.ask(MoorBoat(berth="8"), holder)
    assert (await harbour.one.handle(moor)).kind == "changed"


async def test_a_key_is_not_used_for_something_else(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"), key="one")).id
    assert (await harbour.refused(LaunchBoat(owner="Bo"), key="one")).code == "key-reused"
    assert (await harbour.refused(RowBoat(strokes=1), boat, key="one")).status == 422
    await harbour.refused(MoorBoat(berth="rock"), boat, key="two")
    assert (await harbour.refused(MoorBoat(berth="3"), boat, key="two")).code == "key-reused"


async def test_callers_and_organisations_have_keys_of_their_own(harbour: Harbour):
    launch = LaunchBoat(owner="Ada")
    answers = [
        await harbour.ask(launch, key="one"),
        await harbour.ask(launch, key="one", actor="somebody else"),
        await harbour.ask(launch, key="one", org_id=uuid4()),
    ]
    assert len({answer.id for answer in answers}) == 3


async def test_a_repeat_makes_no_second_persons_key(harbour: Harbour):
    call = harbour.call(LaunchBoat(owner="Ada"), key="launch")
    first = await harbour.one.handle(call)
    fresh = await open_handler(harbour.settings)
    assert await fresh.handle(call) == first
    assert list(fresh.vault._cache) in ([], [(harbour.org_id, first.id)])
    await fresh.close()


async def test_a_repeat_of_a_command_on_the_one_flagpole_is_answered_alike(harbour: Harbour):
    call = harbour.call(HoistFlag(flag="blue"), key="flag")
    first = await harbour.one.handle(call)
    await harbour.ask(HoistFlag(flag="red"))
    assert await harbour.two.handle(call) == first


@pytest.mark.parametrize("if_match", [1, 2])
async def test_a_repeat_needs_no_second_match(harbour: Harbour, if_match: int):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    row = harbour.call(RowBoat(strokes=1), boat, key="row", if_match=if_match)

    async def outcome() -> Answer | str:
        try:
            return await harbour.one.handle(row)
        except Problem as problem:
            return problem.code

    first = await outcome()
    assert await outcome() == first if if_match == 1 else "stale-version"
