"""The pure parts: what a fold comes to, and which records are next."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid5

import pytest

from kernel.view.arrivals import Arrival, Reading
from kernel.view.checkpoints import Checkpoint, Head, take_next
from kernel.view.fact import Fact
from kernel.view.folding import fold_all, fold_into
from kernel.view.gaps import Gaps
from tests.generating import combined
from tests.parcels.events import ParcelPosted, ParcelSeen, ParcelWeighed
from tests.parcels.log import ORG, Log
from tests.parcels.views import LOAD, PARCEL, POISON, VIEWS, Load, Parcel

A, B, CONTACT = (uuid5(ORG, name) for name in ("a", "b", "contact"))
AT = datetime(2026, 2, 1, tzinfo=UTC)


def test_a_row_that_became_empty_again_is_no_row() -> None:
    log = Log()
    log.append(
        A, ParcelPosted(contact_id=CONTACT, grams=5), ParcelWeighed(contact_id=CONTACT, grams=0, before=5)
    )
    found = fold_all(LOAD, log.facts)
    assert list(found.values()) == [Load(CONTACT, parcels=1, grams=0)]
    assert fold_all(LOAD, []) == {}


def test_an_event_whose_fold_fails_changes_nothing() -> None:
    log = Log()
    log.append(A, ParcelPosted(contact_id=CONTACT, grams=POISON))
    rows: dict[object, Parcel] = {}
    with pytest.raises(ValueError, match="no scale"):
        fold_into(PARCEL, rows, log.facts[0], [(A,)])  # type: ignore[arg-type]
    assert rows == {}


def test_the_parts_of_a_total_are_read_as_one() -> None:
    log = Log()
    for parcel in (A, B):
        log.append(parcel, ParcelPosted(contact_id=CONTACT, grams=7))
    rows = fold_all(LOAD, log.facts)
    assert combined(LOAD, rows) == {(ORG, (CONTACT,)): Load(CONTACT, parcels=2, grams=14)}


def arrivals(log: Log, offset: int = 0) -> list[Arrival]:
    return [arrival_of(fact, offset + n) for n, fact in enumerate(log.facts)]


def arrival_of(fact: Fact[object], offset: int) -> Arrival:  # type: ignore[type-var]
    return Reading(VIEWS).read(fact.service, 1, fact.partition, offset, fact.raw)


def one_stream() -> Log:
    log = Log()
    log.append(
        A, ParcelPosted(contact_id=CONTACT, grams=1), *(ParcelSeen(place="x", at=AT) for _ in range(4))
    )
    return log


def checkpoint_at(log: Log, position: int) -> dict[int, Checkpoint]:
    partition = log.facts[0].partition
    return {partition: Checkpoint(partition, {"parcels": Head(1, position, position - 1)})}


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
    assert heads[gap[1]].heads["parcels"] == Head(1, 2, 1)


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


def test_a_gap_is_looked_at_from_the_checkpoint_then_from_the_start_then_rarely() -> None:
    now = 0.0
    gaps, place = Gaps(clock=lambda: now), ("parcels", 3)
    looked = []
    for _ in range(4):
        gaps.found({place})
        looked.append((gaps.next_offset(place, 17), gaps.waits(place)))
    assert looked == [(17, False), (0, False), (17, True), (17, True)]
    assert gaps.places == [place]
    now = 60.0
    assert not gaps.waits(place)
    gaps.closed({place})
    assert gaps.places == []
