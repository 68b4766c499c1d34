"""An event of an archive is, to those who take it, what it would be from a topic."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import replace

from bench.rebuilding.archiving import archived
from kernel.archive.format.reading import opened
from kernel.archive.format.tables import EVENT
from kernel.archive.rows import Group
from kernel.log.envelope import Envelope, Heading, sealed_text, write
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.fact import Fact
from tests.parcels.log import Log
from tests.parcels.posting import some_parcels
from tests.parcels.views import VIEWS

READING = Reading(VIEWS)


def variants(log: Log) -> list[tuple[str, int, bytes]]:
    """Each event with other optional values, and some that cannot be read."""
    found = []
    for number, fact in enumerate(log.facts):
        envelope = msgspec.json.decode(fact.raw, type=Envelope)
        later = timedelta(microseconds=number * 999_983)
        changes: dict[str, Any] = {"occurred_at": envelope.occurred_at + later}
        changes["recorded_at"] = envelope.recorded_at + later / 2
        if number % 2:
            changes |= {
                "causation_text": str(uuid4()),
                "trace": f"00-{number}",
                "sealed": sealed_text(b"\0" * number),
            }
        if number % 11 == 7:
            changes["data"] = msgspec.Raw(b'{"grams":"heavy"}')
        if number % 13 == 5:
            changes["dataschema"] = envelope.dataschema.replace(".v1", ".v9")
        if number % 7 == 3:
            changes["origin"] = "imported"
        found.append((fact.service, fact.partition, write(replace(envelope, **changes))))
    return found


def both(folder: Path) -> list[tuple[Any, Arrival]]:
    """Each event from an archive, and as it is read from a topic."""
    records = defaultdict(list)
    for service, partition, raw in variants(some_parcels(40)):
        records[service, partition].append(raw)
    pairs = []
    for service, log in archived(folder, records, most=7).services.items():
        for part in log.parts:
            file = opened(folder, part, EVENT, ("type",))
            rows = Group(file, 0, service, part.partition, part.first).rows(READING, 3, 0)
            raws = records[service, part.partition][part.first - 1 : part.last]
            for offset, (row, raw) in enumerate(zip(rows, raws, strict=True), part.first - 1):
                pairs.append((row, READING.read(service, 3, part.partition, offset, raw)))
    return pairs


def asked(kind: type, *without: str) -> list[str]:
    """Everything that somebody may ask of one."""
    properties = [name for name in dir(kind) if isinstance(getattr(kind, name), property)]
    return [name for name in (*kind.__struct_fields__, *properties) if name not in without]


def test_every_attribute_is_that_of_what_a_topic_gives(tmp_path: Path) -> None:
    pairs = both(tmp_path)
    assert len(pairs) == 160
    for row, arrival in pairs:
        assert arrival.envelope is not None
        for name in asked(Arrival, "envelope", "fact", "failure"):
            assert getattr(row, name) == getattr(arrival, name), name
        for name in asked(Heading):
            assert getattr(row.envelope, name) == getattr(arrival.envelope, name), name
        assert (row.fact is None) == (arrival.fact is None)
        if arrival.fact is not None:
            for name in asked(Fact, "envelope"):
                assert getattr(row.fact, name) == getattr(arrival.fact, name), name
        failures = [failure and failure.reason for failure in (row.failure, arrival.failure)]
        assert failures[0] == failures[1]
    assert {arrival.failure is None for _, arrival in pairs} == {True, False}


def test_what_nobody_knows_is_no_attribute(tmp_path: Path) -> None:
    row, _ = both(tmp_path)[0]
    with pytest.raises(AttributeError):
        _ = row.nonsense


def test_events_up_to_a_position_are_left_out(tmp_path: Path) -> None:
    fact = some_parcels(40).facts[0]
    raws = [raw for _, partition, raw in variants(some_parcels(40)) if partition == fact.partition]
    part = archived(tmp_path, {(fact.service, fact.partition): raws}).services[fact.service].parts[0]
    group = Group(opened(tmp_path, part, EVENT, ("type",)), 0, fact.service, fact.partition, 1)
    assert [row.position for row in group.rows(READING, 1, 5)] == list(range(6, len(raws) + 1))
