"""Which of the records that arrive are next."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5

from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Head, take_next
from kernel.taking.fact import Fact
from tests.parcels.events import ParcelPosted, ParcelSeen
from tests.parcels.log import ORG, Log
from tests.parcels.views import PARCEL, VIEWS

A, CONTACT = (uuid5(ORG, name) for name in ("a", "contact"))
AT = datetime(2026, 2, 1, tzinfo=UTC)


def arrivals(log: Log, offset: int = 0) -> list[Arrival]:
    return [arrival_of(fact, offset + n) for n, fact in enumerate(log.facts)]


def arrival_of(fact: Fact[object], offset: int, generation: int = 1) -> Arrival:  # type: ignore[type-var]
    return Reading(VIEWS).read(fact.service, generation, fact.partition, offset, fact.raw)


def one_stream() -> Log:
    log = Log()
    log.append(
        A, ParcelPosted(contact_id=CONTACT, grams=1), *(ParcelSeen(place="x", at=AT) for _ in range(4))
    )
    return log


def checkpoint_at(log: Log, position: int) -> dict[int, Checkpoint]:
    partition = log.facts[0].partition
    return {partition: Checkpoint(partition, {"parcels": Head(1, position, position - 1)})}


def named(fact: Fact[object]) -> tuple[UUID, datetime]:  # type: ignore[type-var]
    return fact.envelope.event_id, fact.envelope.recorded_at


def test_what_was_taken_before_is_dropped() -> None:
    log = one_stream()
    fresh, gaps = take_next(PARCEL, checkpoint_at(log, 2), [*arrivals(log), *arrivals(log, offset=5)])
    assert ([arrival.position for arrival in fresh], gaps) == ([3, 4, 5], set())


def test_nothing_behind_a_gap_is_taken() -> None:
    log = one_stream()
    heads = checkpoint_at(log, 0)
    there = [arrival for arrival in arrivals(log) if arrival.position != 3]
    fresh, gaps = take_next(PARCEL, heads, there)
    assert [arrival.position for arrival in fresh] == [1, 2]
    (gap,) = gaps
    assert heads[gap[1]].heads["parcels"] == Head(1, 2, 1, *named(log.facts[1]))


def test_a_repeat_moves_the_offset_and_nothing_else() -> None:
    log = one_stream()
    heads = checkpoint_at(log, 5)
    assert take_next(PARCEL, heads, arrivals(log, offset=5)) == ([], set())
    (head,) = heads.values()
    assert head.heads["parcels"] == Head(1, 5, 9)


def test_a_record_that_is_none_of_ours_is_taken_once_to_be_parked() -> None:
    log = one_stream()
    heads = checkpoint_at(log, 5)
    foreign = Reading(VIEWS).read("parcels", 1, log.facts[0].partition, 5, b"{}")
    assert take_next(PARCEL, heads, [foreign]) == ([foreign], set())
    assert take_next(PARCEL, heads, [foreign]) == ([], set())


def test_what_a_former_topic_brings_after_the_move_is_left_and_is_no_gap() -> None:
    log = one_stream()
    partition = log.facts[0].partition
    heads = {partition: Checkpoint(partition, {"parcels": Head(2, 2, 1)})}
    assert take_next(PARCEL, heads, arrivals(log)) == ([], set())
    assert heads[partition].heads["parcels"] == Head(2, 2, 1)


def test_the_topic_made_anew_goes_on_where_the_former_one_was_left() -> None:
    log = one_stream()
    heads = checkpoint_at(log, 2)
    again = [arrival_of(fact, n, generation=2) for n, fact in enumerate(log.facts)]
    fresh, gaps = take_next(PARCEL, heads, again)
    assert ([arrival.position for arrival in fresh], gaps) == ([3, 4, 5], set())
    (head,) = heads.values()
    assert head.heads["parcels"] == Head(2, 5, 4, *named(log.facts[4]))


def test_on_another_topic_the_next_record_lies_no_earlier_than_its_position_says() -> None:
    assert Head(1, 5, 9).next_offset(1) == 10
    assert Head(1, 5, 9).next_offset(2) == 5
    assert Head().next_offset(2) == 0
