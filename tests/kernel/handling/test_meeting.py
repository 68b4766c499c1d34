"""Commands that meet: in one process they queue, across processes the second decides again."""

import asyncio
from uuid import uuid4

import pytest
from msgspec.structs import replace

from kernel.handling import handler
from kernel.log.store import Store
from kernel.log.store.append import Stale
from tests.boats.aggregate import LaunchBoat, MoorBoat, NameOwner, RowBoat, SwapBerths
from tests.boats.harbour import Harbour, open_handler


async def test_a_hot_stream_in_one_process_never_conflicts_with_itself(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    monkeypatch.setattr(handler, "ATTEMPTS", 0)  # the first try, from memory, has to do
    answers = await asyncio.gather(*(harbour.ask(RowBoat(strokes=1), boat) for _ in range(100)))
    assert sorted(answer.version for answer in answers) == list(range(2, 102))


async def test_what_another_process_wrote_is_decided_upon(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    rowers = [
        who.handle(harbour.call(RowBoat(strokes=1), boat))
        for _ in range(20)
        for who in (harbour.one, harbour.two)
    ]
    answers = await asyncio.gather(*rowers, return_exceptions=True)
    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(getattr(problem, "code", None) == "conflict" for problem in lost), lost
    assert len(await harbour.events(boat)) == 1 + len(won)


async def test_an_old_memory_says_neither_nothing_to_do_nor_no(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    await harbour.two.handle(harbour.call(NameOwner(owner="Bo"), boat))
    # The first process remembers Ada: by that there would be nothing to do.
    assert (await harbour.ask(NameOwner(owner="Ada"), boat)).kind == "changed"
    await harbour.two.handle(harbour.call(MoorBoat(berth="7"), boat))
    assert (await harbour.ask(MoorBoat(berth="7"), boat)).kind == "unchanged"


async def test_who_always_loses_is_told_so_after_a_few_tries(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    tries = []

    async def lose(store: Store, append: object) -> Stale:
        tries.append(append)
        return Stale((boat,))

    monkeypatch.setattr(Store, "append", lose)
    problem = await harbour.refused(RowBoat(strokes=1), boat)
    assert (problem.status, problem.code) == (409, "conflict")
    assert len(tries) == handler.ATTEMPTS + 1


async def test_one_of_many_gets_the_berth(harbour: Harbour):
    boats = [(await harbour.ask(LaunchBoat(owner=str(n)))).id for n in range(20)]
    moorings = [
        (harbour.one, harbour.two)[n % 2].handle(harbour.call(MoorBoat(berth="7"), boat))
        for n, boat in enumerate(boats)
    ]
    answers = await asyncio.gather(*moorings, return_exceptions=True)
    (winner,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert {problem.code for problem in refused} == {"berth-taken"}
    assert {problem.members["holder"] for problem in refused} == {str(winner.id)}


async def test_a_swap_happens_whole_or_not_at_all(harbour: Harbour):
    boats = [(await harbour.ask(LaunchBoat(owner=str(n)))).id for n in range(3)]
    for berth, boat in enumerate(boats):
        await harbour.ask(MoorBoat(berth=str(berth)), boat)
    swaps = [
        who.handle(harbour.call(SwapBerths(other_id=boats[(n + 1) % 3]), boats[n % 3]))
        for n in range(9)
        for who in (harbour.one, harbour.two)
    ]
    answers = await asyncio.gather(*swaps, return_exceptions=True)
    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert won
    assert {getattr(answer, "code", None) for answer in answers if isinstance(answer, BaseException)} <= {
        "conflict"
    }
    assert sum([len(await harbour.events(boat)) - 2 for boat in boats]) == 2 * len(won)
    fresh = await open_handler(harbour.settings)
    found, _ = await fresh._streams.load(harbour.org_id, boats)
    berths = sorted(stream.state.berth for stream in found.values())
    assert berths == ["0", "1", "2"]
    assert await harbour.log.fetchval("SELECT count(*) FROM claim") == 3
    await fresh.close()


async def test_a_swap_answers_for_both_and_reaches_both_partitions(harbour: Harbour):
    boats = [(await harbour.ask(LaunchBoat(owner=str(n)))).id for n in range(2)]
    for berth, boat in enumerate(boats):
        await harbour.ask(MoorBoat(berth=str(berth)), boat)
    swap = harbour.call(SwapBerths(other_id=boats[1]), boats[0], key="swap")
    answer = await harbour.one.handle(swap)
    assert (answer.id, answer.version, len(answer.events)) == (boats[0], 3, 2)
    stored = await harbour.log.fetch(
        "SELECT partition, max(position) FROM event WHERE version = 3 GROUP BY 1"
    )
    assert answer.positions == {("contacts", 1): dict(stored)}
    assert await harbour.two.handle(swap) == answer


async def test_a_swap_with_nobody_is_refused(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    foreign = (await harbour.ask(LaunchBoat(owner="Bo"), org_id=uuid4())).id
    for other in (uuid4(), foreign):
        assert (await harbour.refused(SwapBerths(other_id=other), boat)).code == "no-swap"
    assert (await harbour.refused(SwapBerths(other_id=boat), uuid4())).status == 404


async def test_what_the_database_lost_is_not_remembered(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    await harbour.ask(RowBoat(strokes=5), boat)
    remembered = harbour.one._streams.remembered(harbour.org_id, boat)
    assert remembered is not None
    harbour.one._streams.remember(replace(remembered, version=9))
    assert (await harbour.ask(RowBoat(strokes=1), boat)).version == 3


async def test_memory_of_streams_is_bounded(harbour: Harbour, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kernel.handling.streams.STREAMS_REMEMBERED", 5)
    for n in range(8):
        await harbour.ask(LaunchBoat(owner=str(n)))
    assert len(harbour.one._streams._remembered) == 5
