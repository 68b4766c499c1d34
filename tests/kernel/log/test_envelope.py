"""An envelope is a CloudEvent in structured mode, byte for byte the same each time it is written."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import orjson
import pytest

from kernel.log import envelope

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FACT = envelope.Envelope(
    event_id=UUID(int=1),
    source="/orgs/x/contacts",
    type="crm.contacts.ContactRegistered",
    stream_id=UUID(int=2),
    occurred_at=NOON,
    dataschema=envelope.schema_name("contacts", "ContactRegistered", 2),
    datacontenttype="application/json",
    position_text=envelope.sequence(42),
    version=7,
    partition_key_text=str(UUID(int=2)),
    org_id=UUID(int=3),
    actor="ada",
    correlation_text=str(UUID(int=4)),
    origin="live",
    recorded_at=NOON,
    sealed=envelope.sealed_text(b"\x01sealed"),
    data=msgspec.Raw(b'{"kind":"person"}'),
)
REQUIRED = {"specversion", "id", "source", "type"}  # CloudEvents 1.0.2, "Required Attributes"


def test_an_envelope_reads_back_and_writes_the_same_bytes():
    value = envelope.write(FACT)
    again = envelope.read(value)
    assert envelope.write(again) == value
    assert (again.position, again.schema_version, again.personal) == (42, 2, b"\x01sealed")


def test_it_is_a_cloudevent():
    body = orjson.loads(envelope.write(FACT))
    assert body.keys() >= REQUIRED
    assert body["specversion"] == "1.0"
    assert all(name.isalnum() and name.islower() for name in body)
    assert body["subject"] == str(FACT.stream_id)
    assert body["data"] == {"kind": "person"}


def test_what_is_absent_is_left_out():
    assert "causationid" not in orjson.loads(envelope.write(FACT))


def test_sequences_sort_as_positions_do():
    assert envelope.sequence(9) < envelope.sequence(10) < envelope.sequence(2**63 - 1)


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff", b'{"specversion":"2.0"}', envelope.write(FACT)[:-1]])
def test_what_is_no_envelope_is_refused(value: bytes):
    with pytest.raises(msgspec.MsgspecError):
        envelope.read(value)
