"""A build holds itself back: while the log grows it rests as long as it works, and else not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from kernel.settings import Settings
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint
from ops.rebuilding import pacing
from ops.rebuilding.pacing import LONGEST_REST, SECONDS_UNTIL_QUIET, Pacing
from tests.connecting import owning


@dataclass
class Time:
    """Goes on only when somebody works or rests."""

    now: float = 100.0
    rested: list[float] = field(default_factory=list)

    def work(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self.rested.append(round(seconds, 3))
        self.now += seconds


@dataclass
class Waiting:
    """A log of which so many records wait for the version that is read, at one look after the other."""

    at: list[int] = field(default_factory=list)

    async def left(self, _after: Mapping[int, Checkpoint]) -> int:
        return self.at.pop(0) if self.at else 0

    def batches(self, *_asked: Any) -> AsyncIterator[list[Arrival]]:
        raise NotImplementedError


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(pacing.asyncio, "sleep", time.sleep)
    return time


async def takes(owner: asyncpg.Connection, position: int, ago: float = 60.0) -> None:
    """The version that is read takes an event that was recorded so many seconds ago."""
    recorded = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    head = {"contacts": {"generation": 1, "position": position, "offset": position, "recorded": recorded}}
    await owner.execute(
        "UPDATE checkpoint SET topics = $1 WHERE taker = 'identity__v1' AND partition = 3", head
    )


async def test_a_build_rests_as_long_as_it_worked_while_the_version_that_is_read_takes_new_events(
    database: Settings, time: Time
) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting(), "identity", clock=lambda: time.now)
        for position, seconds in enumerate((0.5, 0.5, 0.3), 1):
            time.work(seconds)
            await takes(owner, position)
            await held.rest(5_000)
        assert time.rested == [0.5, 0.3]
        time.work(SECONDS_UNTIL_QUIET)
        await held.rest(5_000)
        assert time.rested == [0.5, 0.3]


async def test_a_build_beside_a_log_that_stands_still_does_not_rest(database: Settings, time: Time) -> None:
    async with owning(database) as owner:
        await takes(owner, 7)
        held = Pacing(owner, Waiting(), "identity", clock=lambda: time.now)
        for _ in range(5):
            time.work(0.5)
            await held.rest(5_000)
        assert time.rested == []


async def test_a_build_rests_on_while_more_waits_for_the_version_that_is_read_than_just_came_in(
    database: Settings, time: Time
) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting([0, 90, 90, 90, 10]), "identity", clock=lambda: time.now)
        await held.rest(5_000)
        time.work(0.5)
        await takes(owner, 1)
        await held.rest(5_000)
        assert time.rested == [0.5, 0.1, 0.1]


async def test_a_build_goes_on_now_and_then_however_much_waits(database: Settings, time: Time) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting([90] * 1_000), "identity", clock=lambda: time.now)
        await held.rest(5_000)
        for position in range(1, 4):
            time.work(0.5)
            await takes(owner, position)
            await held.rest(5_000)
            assert 2.0 < sum(time.rested) < LONGEST_REST + 1
            time.rested.clear()


async def test_each_of_several_who_build_rests_for_what_it_worked_itself(
    database: Settings, time: Time
) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting(), "identity", clock=lambda: time.now)
        await held.rest(0)
        await takes(owner, 1)
        time.work(0.4)

        async def another() -> None:
            await held.rest(1)
            time.work(0.2)
            await held.rest(1)

        await asyncio.create_task(another())
        assert time.rested == [0.4, 0.2]


async def test_a_build_that_is_held_to_so_many_a_second_makes_up_for_half_a_second_and_no_more(
    database: Settings, time: Time
) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting(), "identity", most=100, clock=lambda: time.now)
        await held.rest(10)
        time.work(30.0)
        for _ in range(8):
            await held.rest(10)
        assert [round(seconds, 1) for seconds in time.rested] == [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]


async def test_a_throttle_says_how_fast_and_nothing_else_does(database: Settings, time: Time) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting(), "identity", most=1_000, clock=lambda: time.now)
        for position in range(1, 4):
            time.work(0.5)
            await takes(owner, position)
            await held.rest(1_000)
        assert time.rested == [1.0, 0.5, 0.5]


async def test_a_build_that_hurries_rests_for_no_one_and_yet_keeps_to_its_events_a_second(
    database: Settings, time: Time
) -> None:
    async with owning(database) as owner:
        held = Pacing(owner, Waiting([90] * 1_000), "identity", hurries=True, clock=lambda: time.now)
        for position in (1, 2, 3):
            time.work(0.5)
            await takes(owner, position)
            await held.rest(5_000)
        assert time.rested == []
        slow = Pacing(owner, Waiting(), "identity", most=100, hurries=True, clock=lambda: time.now)
        await slow.rest(10)
        await slow.rest(10)
        assert sum(time.rested) == pytest.approx(0.2)


async def most_at_once(held: Pacing, who: int) -> int:
    """How many of so many that want to work do so at the same time."""
    working = most = 0

    async def work() -> None:
        nonlocal working, most
        async with held.turn():
            working += 1
            for _ in range(20):  # the others may come in meanwhile
                await asyncio.get_running_loop().run_in_executor(None, lambda: None)
            most = max(most, working)
            working -= 1

    await asyncio.gather(*(work() for _ in range(who)))
    return most


@pytest.mark.parametrize(
    ("ago", "hurries", "events_a_second", "at_once"),
    [
        (0.5, False, None, 2),
        (SECONDS_UNTIL_QUIET + 5, False, None, 4),
        (0.5, True, None, 4),
        (0.5, False, 100, 4),
    ],
    ids=["events come in", "the log stands still", "it hurries", "it is held to so many a second"],
)
async def test_few_of_those_who_fill_work_at_once_while_events_come_in(
    database: Settings, ago: float, hurries: bool, events_a_second: int | None, at_once: int
) -> None:
    async with owning(database) as owner:
        await takes(owner, 1, ago)
        held = Pacing(owner, Waiting(), "identity", events_a_second, hurries, turns=asyncio.Semaphore(2))
        assert await most_at_once(held, 4) == at_once
