"""Each command that a batch brings is told once for each view that shows it from then on."""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec
import pytest

from kernel import tracing
from kernel.log.envelope import write
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Head
from kernel.view.worker.traces import tell
from tests.parcels.events import ParcelPosted
from tests.parcels.log import ORG, Log
from tests.parcels.views import LOAD, PARCEL

A, CONTACT = (uuid5(ORG, name) for name in ("a", "contact"))
ONE, OTHER = (f"00-{'a' * 32}-{digit * 16}-01" for digit in "12")
BEGAN = 1_700_000_000_000_000_000

Told = list[tuple[str, str, int, int]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What was told: name, parent, beginning and number of events."""
    found: Told = []
    monkeypatch.setattr(tracing, "is_on", lambda: True)
    monkeypatch.setattr(tracing, "tell", lambda *said, events: found.append((*said, events)))
    return found


def arrivals(*traces: str | None, stream_id: UUID = A) -> list[Arrival]:
    """A parcel posted by each of these commands."""
    log, reading = Log(), Reading((PARCEL, LOAD))
    for _ in traces:
        log.append(stream_id, ParcelPosted(contact_id=CONTACT, grams=5))
    return [
        reading.read(
            fact.service, 1, fact.partition, n, write(msgspec.structs.replace(fact.envelope, trace=trace))
        )
        for n, (fact, trace) in enumerate(zip(log.facts, traces, strict=True))
    ]


def at(found: list[Arrival], position: int) -> dict[int, Checkpoint]:
    first = found[0]
    return {first.partition: Checkpoint(first.partition, {first.service: Head(1, position, position - 1)})}


def test_a_command_is_told_once_however_many_events_it_made(told: Told) -> None:
    found = arrivals(ONE, ONE, None, OTHER)
    tables = (PARCEL.table_name, LOAD.table_name)
    before = dict.fromkeys(tables, at(found, 0))
    tell((PARCEL, LOAD), found, before, dict.fromkeys(tables, Applied(at(found, 4))), BEGAN)
    assert told == [
        (f"view {view.name}", trace, BEGAN, events)
        for view in (PARCEL, LOAD)
        for trace, events in ((ONE, 2), (OTHER, 1))
    ]


def test_what_was_taken_before_or_is_not_taken_yet_is_not_told(told: Told) -> None:
    found = arrivals(ONE, OTHER, ONE)
    name = PARCEL.table_name
    tell((PARCEL,), found, {name: at(found, 1)}, {name: Applied(at(found, 2))}, BEGAN)
    tell((PARCEL,), found, {name: at(found, 3)}, {name: Applied()}, BEGAN)
    assert told == [("view parcel", OTHER, BEGAN, 1)]
