"""A view folded in memory is the view that the worker folds, however its events come."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.taking.arrivals import Arrival, Reading
from kernel.view.history.past import Past
from kernel.view.view import View
from tests.folding import fold_all
from tests.generating import combined, histories
from tests.parcels.events import ParcelSeen, ParcelWeighed
from tests.parcels.log import BEGAN, Log
from tests.parcels.views import LOAD, PARCEL, POISON

each_view = pytest.mark.parametrize("view", [PARCEL, LOAD], ids=lambda view: view.name)


def arrivals_of(facts: list[Any]) -> list[Arrival]:
    return [
        Arrival(
            fact.service, 1, fact.partition, fact.position - 1, fact.raw, fact.envelope, fact.position, fact
        )
        for fact in facts
    ]


@each_view
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_taken_in_any_batches_the_events_fold_to_the_rows_of_the_view(
    view: View[Any], data: st.DataObject
) -> None:
    history = data.draw(histories(view.reads))
    facts = history.told(
        data.draw(st.lists(st.integers(0, 5), max_size=40)), data.draw(st.permutations(range(6)))
    )
    past, left = Past([view], {}), arrivals_of(facts)
    while left:
        count = data.draw(st.integers(1, len(left)))
        past.take(left[:count])
        left = left[count:]
    assert past.every(view) == {key: row for (_, key), row in combined(view, fold_all(view, facts)).items()}


def seen(place: str) -> ParcelSeen:
    return ParcelSeen(place=place, at=BEGAN)


def test_what_cannot_be_folded_is_left_out_with_what_follows_in_its_stream() -> None:
    log, stream, other = Log(), uuid4(), uuid4()
    poison = ParcelWeighed(contact_id=uuid4(), grams=POISON, before=0)
    log.append(stream, seen("Wien"), poison, seen("Graz"))
    log.append(other, seen("Linz"))
    reading = Reading([PARCEL])
    past = Past([PARCEL], {})
    for fact in log.facts:  # each by itself: what was left out before counts too
        past.take([reading.read(fact.service, 1, fact.partition, fact.position - 1, fact.raw)])
    places = {key: row.places for key, row in past.rows(PARCEL, [(stream,), (other,)]).items()}
    assert places == {(stream,): ("Wien",), (other,): ("Linz",)}
