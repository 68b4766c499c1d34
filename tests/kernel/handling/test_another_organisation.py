"""A command may write a stream of another organisation too: all or nothing, and none learns its places."""

import asyncio
from uuid import UUID, uuid4

from tests.boats.aggregate import LaunchBoat, MoorBoat, RowBoat, RowTogether
from tests.boats.harbour import Harbour

FACTS = """
SELECT version, type, convert_from(data, 'UTF8') FROM event WHERE org_id = $1 AND stream_id = $2 ORDER BY 1"""


async def facts(harbour: Harbour, org: UUID, boat: UUID) -> list[tuple[int, str, str]]:
    return [tuple(row) for row in await harbour.log.fetch(FACTS, org, boat)]


async def test_both_get_the_fact_under_ids_of_their_own(harbour: Harbour):
    boat, other = (await harbour.ask(LaunchBoat(owner="Ada"))).id, uuid4()
    answer = await harbour.ask(RowTogether(other_org=other, strokes=3), boat)
    assert await facts(harbour, other, boat) == [(1, "BoatRowed", '{"strokes":3}')]
    assert (await facts(harbour, harbour.org_id, boat))[1:] == [(2, "BoatRowed", '{"strokes":3}')]
    assert len({row[0] for row in await harbour.log.fetch("SELECT event_id FROM event")}) == 3
    assert (answer.version, [kind for _, kind in answer.events]) == (2, ["BoatRowed"])


async def test_an_answer_names_nothing_of_the_other_organisation(harbour: Harbour):
    boat, other = (await harbour.ask(LaunchBoat(owner="Ada"))).id, uuid4()
    call = harbour.call(RowTogether(other_org=other, strokes=3), boat, key="together")
    answer = await harbour.one.handle(call)
    own = await harbour.log.fetchrow(
        "SELECT partition, position, event_id FROM event WHERE org_id = $1 AND version = 2", harbour.org_id
    )
    assert answer.positions == {("contacts", 1): {own["partition"]: own["position"]}}
    assert [event_id for event_id, _ in answer.events] == [own["event_id"]]
    assert await harbour.two.handle(call) == answer
    assert len(await facts(harbour, other, boat)) == 1


async def test_what_one_side_decides_the_other_decides_on(harbour: Harbour):
    boat, other = (await harbour.ask(LaunchBoat(owner="Ada"))).id, uuid4()
    await harbour.ask(RowTogether(other_org=other, strokes=3), boat)
    remembering = harbour.two
    assert (await remembering.handle(harbour.call(RowBoat(strokes=1), boat, org_id=other))).version == 2
    await harbour.ask(RowTogether(other_org=other, strokes=4), boat)
    assert (await remembering.handle(harbour.call(RowBoat(strokes=1), boat, org_id=other))).version == 4
    assert [version for version, _, _ in await facts(harbour, other, boat)] == [1, 2, 3, 4]


async def test_both_at_once_leave_the_same_facts_on_both_sides(harbour: Harbour):
    boat, other = (await harbour.ask(LaunchBoat(owner="Ada"))).id, uuid4()
    await harbour.ask(RowTogether(other_org=other, strokes=100), boat)
    sides = ((harbour.one, harbour.org_id, other), (harbour.two, other, harbour.org_id))
    answers = await asyncio.gather(
        *(
            handler.handle(harbour.call(RowTogether(other_org=against, strokes=n), boat, org_id=org))
            for n in range(12)
            for handler, org, against in sides
        ),
        return_exceptions=True,
    )
    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert won
    mine, theirs = await facts(harbour, harbour.org_id, boat), await facts(harbour, other, boat)
    assert [fact[1:] for fact in mine[1:]] == [fact[1:] for fact in theirs]
    assert len(theirs) == 1 + len(won)


async def test_what_the_other_side_claims_stays_its_own(harbour: Harbour):
    boat, other = (await harbour.ask(LaunchBoat(owner="Ada"))).id, uuid4()
    await harbour.ask(LaunchBoat(owner="Bo"), boat, org_id=other)
    await harbour.ask(MoorBoat(berth="3"), boat, org_id=other)
    await harbour.ask(RowTogether(other_org=other, strokes=2), boat)
    assert await harbour.log.fetchval("SELECT count(*) FROM claim WHERE org_id = $1", other) == 1
    assert [kind for _, kind, _ in await facts(harbour, other, boat)] == [
        "BoatLaunched",
        "BoatMoored",
        "BoatRowed",
    ]
