"""What a handler refuses by itself: unknown ids, taken ids and claims, old versions, a halted log."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from kernel.handling import topic
from kernel.log.halt import halt
from tests.boats.aggregate import HoistFlag, LaunchBoat, MoorBoat, RowBoat
from tests.boats.harbour import Harbour, refusal


async def test_unknown_and_foreign_boats_are_the_same_404(harbour: Harbour):
    foreign = (await harbour.ask(LaunchBoat(owner="Ada"), org_id=uuid4())).id
    problems = [await harbour.refused(RowBoat(strokes=1), boat) for boat in (uuid4(), foreign)]
    assert [problem.document() for problem in problems] == [problems[0].document()] * 2
    assert problems[0].status == 404


async def test_what_is_no_boat_is_not_rowed(harbour: Harbour):
    pole = (await harbour.ask(HoistFlag(flag="blue"))).id
    assert (await harbour.refused(RowBoat(strokes=1), pole)).status == 404


async def test_an_own_id_is_taken_once(harbour: Harbour):
    boat, pole = uuid4(), (await harbour.ask(HoistFlag(flag="blue"))).id
    assert (await harbour.ask(LaunchBoat(owner="Ada"), boat)).id == boat
    for taken in (boat, pole):
        for handler in (harbour.one, harbour.two):
            problem = await refusal(handler, harbour.call(LaunchBoat(owner="Bo"), taken))
            assert (problem.status, problem.code, problem.pointer) == (409, "already-exists", "/id")
    assert (await harbour.ask(LaunchBoat(owner="Ada"), boat, org_id=uuid4())).kind == "began"


async def test_an_old_version_in_if_match_is_refused_and_the_present_one_is_not(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    assert (await harbour.ask(RowBoat(strokes=1), boat, if_match=1)).version == 2
    await harbour.two.handle(harbour.call(RowBoat(strokes=1), boat))
    problem = await harbour.refused(RowBoat(strokes=1), boat, if_match=2)
    assert (problem.status, problem.code) == (412, "stale-version")
    assert (await harbour.ask(RowBoat(strokes=1), boat, if_match=3)).version == 4


async def test_a_taken_berth_names_who_holds_it_and_a_left_one_is_free(harbour: Harbour):
    holder, boat = [(await harbour.ask(LaunchBoat(owner=name))).id for name in ("Ada", "Bo")]
    await harbour.ask(MoorBoat(berth="7"), holder)
    problem = await harbour.refused(MoorBoat(berth="7"), boat)
    assert (problem.status, problem.code, problem.members) == (409, "berth-taken", {"holder": str(holder)})
    await harbour.ask(MoorBoat(berth="8"), holder)
    assert (await harbour.ask(MoorBoat(berth="7"), boat)).kind == "changed"
    assert (await harbour.ask(MoorBoat(berth="7"), boat)).kind == "unchanged"


async def test_two_organisations_have_two_berths_of_one_name(harbour: Harbour):
    for org_id in (uuid4(), uuid4()):
        boat = (await harbour.ask(LaunchBoat(owner="Ada"), org_id=org_id)).id
        assert (await harbour.ask(MoorBoat(berth="7"), boat, org_id=org_id)).kind == "changed"


async def test_the_one_flagpole_takes_no_other_id(harbour: Harbour):
    assert (await harbour.ask(HoistFlag(flag="blue"))).kind == "began"
    assert (await harbour.ask(HoistFlag(flag="blue"))).kind == "unchanged"
    assert (await harbour.ask(HoistFlag(flag="red"))).version == 2
    assert (await harbour.refused(HoistFlag(flag="red"), uuid4())).pointer == "/id"


async def test_a_halted_log_takes_no_commands(harbour: Harbour, monkeypatch):
    monkeypatch.setattr(topic, "SECONDS_CACHED", 0.0)
    assert await harbour.one.halted() is None
    await halt(harbour.log, "the topic is ahead", 1)
    problem = await harbour.refused(LaunchBoat(owner="Ada"))
    assert (problem.status, problem.code) == (503, "log-ahead")
    assert await harbour.one.halted() == "the topic is ahead"


async def test_without_the_database_commands_are_503_and_go_on_afterwards(harbour: Harbour, postgres: str):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    name = urlsplit(harbour.settings.dsn["contacts_log"]).path[1:]
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
    )
    for command, stream in ((RowBoat(strokes=1), boat), (LaunchBoat(owner="Bo"), None)):
        problem = await harbour.refused(command, stream)
        assert (problem.status, problem.code) == (503, "unavailable")
        assert b"retry-after" in dict(problem.headers)
    await administrator.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    await administrator.close()
    async with asyncio.timeout(10):
        assert (await harbour.ask(RowBoat(strokes=1), boat)).version == 2
