"""Events are frozen, validated data that reads back as it was written, from any version."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from kernel.log.facts import Event, UnknownVersion, decode, encode, type_of
from lib.records import Record
from lib.times import Time


class Tasted(Event):
    """A test's own fact."""

    contact_id: UUID
    at: Time
    price: Decimal | None = None
    personal: "Tasted.Personal | None" = None

    class Personal(Record):
        opinion: str


class Renamed(Event):
    """A fact in its third version."""

    version: ClassVar[int] = 3
    full: str
    upcasters: ClassVar[Any] = {
        1: lambda body: {"given": body["name"], "family": ""},
        2: lambda body: {"full": f"{body['given']} {body['family']}".strip()},
    }


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
TASTED = Tasted(
    contact_id=uuid4(), at=NOON, price=Decimal("12.50"), personal=Tasted.Personal(opinion='"fine"')
)


def test_an_event_reads_back_as_it_was_written():
    data, personal = encode(TASTED)
    assert decode(Tasted, 1, data, personal) == TASTED


def test_the_open_part_holds_nothing_personal():
    data, _ = encode(TASTED)
    assert b"fine" not in data
    assert b"personal" not in data


def test_a_sealed_or_erased_part_reads_as_none():
    data, _ = encode(TASTED)
    assert decode(Tasted, 1, data).personal is None


def test_what_is_absent_is_not_written():
    assert encode(Tasted(contact_id=uuid4(), at=NOON))[0].count(b":") == 1 + 1 + 2  # two fields, one time


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        TASTED.price = None  # type: ignore[misc]


def test_unknown_fields_are_refused_when_writing_and_ignored_when_reading():
    with pytest.raises(ValidationError):
        Tasted(contact_id=uuid4(), at=NOON, colour="red")  # type: ignore[call-arg]
    data, _ = encode(TASTED)
    assert decode(Tasted, 1, data[:-1] + b',"colour":"red"}').price == Decimal("12.50")


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValidationError):
        Tasted(contact_id=uuid4(), at=NOON.replace(tzinfo=None))


def test_old_versions_are_read_through_every_upcaster():
    assert decode(Renamed, 1, b'{"name":"Ada"}') == Renamed(full="Ada")
    assert decode(Renamed, 2, b'{"given":"Ada","family":"Lovelace"}') == Renamed(full="Ada Lovelace")


def test_a_future_version_is_not_guessed_at():
    with pytest.raises(UnknownVersion):
        decode(Renamed, 4, b"{}")


def test_an_event_knows_its_subjects_and_its_type():
    assert TASTED.subjects() == (TASTED.contact_id,)
    assert Renamed(full="x").subjects() == ()
    assert type_of(Tasted).endswith(".Tasted")
