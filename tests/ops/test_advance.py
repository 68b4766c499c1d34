"""How far a piece of work is, told now and then, while what is to be done grows."""

from __future__ import annotations

import pytest

import ops.advance
from ops.advance import SECONDS_BETWEEN_LINES, Advance, counting


class Time:
    """Stands still but where a test moves it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def advance(time: Time, lines: list[str]) -> Advance:
    return Advance("it", lines.append, clock=time)


def test_how_long_it_will_take_is_told_by_how_what_is_left_becomes_less(
    advance: Advance, time: Time, lines: list[str]
) -> None:
    advance.tell(0, 10_000)
    time.now += 10
    advance.tell(5_000, 13_000)
    assert lines == ["it: 0 of 10,000 events", "it: 5,000 of 13,000 events, 500/s, 40 s left"]


def test_where_more_comes_in_than_is_done_no_time_is_told(
    advance: Advance, time: Time, lines: list[str]
) -> None:
    advance.tell(40, 1_000)
    time.now += 10
    advance.tell(80, 1_100)
    assert lines[-1] == "it: 80 of 1,100 events, 4.0/s, no fewer are left"


def test_what_was_done_already_is_not_counted_as_fast(advance: Advance, time: Time, lines: list[str]) -> None:
    advance.tell(9_000, 10_000)
    time.now += 5
    advance.tell(9_500, 10_000)
    assert lines[-1] == "it: 9,500 of 10,000 events, 100/s, 5 s left"


def test_before_some_seconds_of_work_no_time_is_told(advance: Advance, time: Time, lines: list[str]) -> None:
    advance.tell(0, 10_000)
    time.now += 2
    advance.tell(20, 10_000)
    time.now += 6
    advance.tell(6_000, 10_000)
    assert lines[1:] == ["it: 20 of 10,000 events, 10/s", "it: 6,000 of 10,000 events, 750/s, 5 s left"]


def test_while_nothing_is_done_it_tells_what_it_waits_for_and_that_time_does_not_count(
    advance: Advance, time: Time, lines: list[str]
) -> None:
    advance.tell(0, 1_000)
    time.now += 20
    advance.tell(0, 1_000)
    advance.tell(0, 1_000, "the relay")
    time.now += 5
    advance.tell(500, 1_000)
    assert lines[1:] == [
        "it: 0 of 1,000 events",
        "it: 0 of 1,000 events, waits for the relay",
        "it: 500 of 1,000 events, 100/s, 5 s left",
    ]


def test_a_line_is_due_at_once_and_then_every_two_seconds(advance: Advance, time: Time) -> None:
    assert advance.due()
    assert not advance.due()
    time.now += SECONDS_BETWEEN_LINES - 0.1
    assert not advance.due()
    time.now += 0.2
    assert advance.due()


def test_a_work_of_known_size_is_told_from_its_beginning(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.advance, "SECONDS_BETWEEN_LINES", 0.0)
    more = counting("it", 3, "steps", lines.append)
    more(2)
    more(1)
    assert [line.partition(",")[0] for line in lines] == [
        "it: 0 of 3 steps",
        "it: 2 of 3 steps",
        "it: 3 of 3 steps",
    ]
