"""A record is read at once where our own writer wrote it; what comes of it is the same step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.log.envelope import Heading, read, write
from kernel.taking.arrivals import NOT_OURS, Arrival, Reading
from tests.parcels.posting import some_parcels
from tests.parcels.views import VIEWS

READING = Reading(VIEWS)
FACTS = [fact for fact in some_parcels(3).facts if fact.envelope.type in READING.types]
RECORDS = [fact.raw for fact in some_parcels(3).facts]

Read = Callable[[str, int, int, int, bytes], Arrival]


def told(read: Read, raw: bytes, service: str = "parcels") -> dict[str, Any]:
    """All that an arrival says."""
    arrival = read(service, 1, 3, 7, raw)
    found = {name: getattr(arrival, name) for name in arrival.__struct_fields__ if name != "fact"}
    envelope = found.pop("envelope")
    found["envelope"] = envelope and {name: getattr(envelope, name) for name in Heading.__struct_fields__}
    if (fact := arrival.fact) is not None:
        found["event"] = fact.event
        found["place"] = fact.partition, fact.position, fact.service, fact.raw, fact.org_id
        assert fact.envelope is envelope
    return found


def same(raw: bytes) -> bool:
    return told(READING.read, raw) == told(READING.read_in_steps, raw)


def test_what_our_own_writer_wrote_is_read_at_once(monkeypatch: Any) -> None:
    in_steps = [told(READING.read_in_steps, fact.raw) for fact in FACTS]
    monkeypatch.setattr(Reading, "read_in_steps", None)
    assert [told(READING.read, fact.raw) for fact in FACTS] == in_steps
    assert [one["event"] for one in in_steps] == [fact.event for fact in FACTS]


@given(st.sampled_from(RECORDS), st.data())
def test_a_damaged_record_comes_to_the_same_either_way(raw: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(begin, min(len(raw), begin + 40)))
    assert same(raw[:begin] + data.draw(st.binary(max_size=8)) + raw[end:])


WORDS = st.sampled_from(
    ["", "parcels", "crm.parcels.ParcelSeen", "crm.boats.Sailed", "0", "-1", "2.0", "x\u0000"]
)
VALUES = st.one_of(WORDS, st.none(), st.integers(), st.lists(st.integers(), max_size=2))


@given(st.sampled_from(RECORDS), st.data())
def test_a_record_with_other_fields_comes_to_the_same_either_way(raw: bytes, data: st.DataObject) -> None:
    body = msgspec.json.decode(raw)
    place = data.draw(st.sampled_from([body, body["data"]]))
    name = data.draw(st.sampled_from([*place, "strange"]))
    if data.draw(st.booleans()):
        place.pop(name, None)
    else:
        place[name] = data.draw(VALUES)
    assert same(msgspec.json.encode(body))


@given(st.sampled_from(RECORDS), st.sampled_from(["type", "sequence", "data", "dataschema"]), st.data())
def test_of_a_field_that_is_there_twice_the_same_one_counts_either_way(
    raw: bytes, name: str, data: st.DataObject
) -> None:
    other = msgspec.json.decode(data.draw(st.sampled_from(RECORDS)))[name]
    again = b'"%s":%s' % (name.encode(), msgspec.json.encode(other))
    assert same(raw[:-1] + b"," + again + b"}")
    assert same(b"{" + again + b"," + raw[1:])


@pytest.mark.parametrize("sequence", ["0", "-1", "", "x", " 7 ", "1_0", "७", None, 7])
def test_a_position_is_one_or_none_either_way(sequence: Any) -> None:
    body = msgspec.json.decode(RECORDS[0]) | {"sequence": sequence}
    assert same(msgspec.json.encode(body))


def test_an_event_on_the_topic_of_another_service_is_none_of_its_own_either_way() -> None:
    found = told(READING.read, RECORDS[0], "parcel")
    assert found == told(READING.read_in_steps, RECORDS[0], "parcel")
    assert found["failure"] is NOT_OURS


@given(st.binary(max_size=400))
def test_any_bytes_come_to_the_same_either_way(raw: bytes) -> None:
    assert same(raw)


def test_an_older_and_an_unknown_version_are_read_in_steps() -> None:
    envelope = read(RECORDS[0])
    newer = msgspec.structs.replace(envelope, dataschema=envelope.dataschema[:-1] + "9")
    arrival = READING.read("parcels", 1, 3, 7, write(newer))
    assert arrival.fact is None
    assert arrival.failure is not None
    assert "version 9 is newer" in arrival.failure.reason
