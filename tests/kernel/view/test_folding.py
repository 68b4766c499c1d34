"""The pure parts: what a fold comes to, and which records are next."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid5

import pytest

from kernel.view.folding import fold_into
from tests.folding import fold_all
from tests.generating import combined
from tests.parcels.events import ParcelPosted, ParcelWeighed
from tests.parcels.log import ORG, Log
from tests.parcels.views import LOAD, PARCEL, POISON, Load, Parcel

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
