"""Events are frozen, validated data that reads back as it was written, from any version."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter, ValidationError

from kernel.log.facts import Day, Event, Record, Time, UnknownVersion, decode, encode, type_of


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


TIME: TypeAdapter[datetime] = TypeAdapter(Time)
DAY: TypeAdapter[date] = TypeAdapter(Day)
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


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_other_zones_cannot_say_is_refused(year: int):
    with pytest.raises(ValidationError):
        Tasted(contact_id=uuid4(), at=datetime(year, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "1700000000",
        "1.5e9",
        "-1",
        "2026-01-01",
        "2026-01-01_00:00Z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00Z",
        "20260101T000000Z",
        "2026-W01-1T00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+0100",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "٢٠٢٦-01-01T00:00:00Z",
        "",
        1700000000,
        1.5,
        True,
    ],
)
def test_a_time_is_written_as_rfc_3339_says(text: object):
    for read in (TIME.validate_json, TIME.validate_python):
        with pytest.raises(ValidationError):
            read(json.dumps(text) if read == TIME.validate_json else text, strict=True)
    with pytest.raises(ValidationError):
        Tasted(contact_id=uuid4(), at=text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["2026-11-01T12:00:00Z", "2026-11-01t12:00:00.000z", "2026-11-01T13:30:00.0000000+01:30"]
)
def test_every_spelling_of_rfc_3339_is_read(text: str):
    assert TIME.validate_json(json.dumps(text), strict=True) == NOON
    assert TIME.validate_python(NOON, strict=True) == NOON


@pytest.mark.parametrize(
    "text", ["86400", "20261101", "2026-W44-7", "2026-11-01T00:00:00Z", "2026-02-30", "", 1]
)
def test_a_day_is_written_as_rfc_3339_says(text: object):
    with pytest.raises(ValidationError):
        DAY.validate_json(json.dumps(text), strict=True)
    assert DAY.validate_json('"2026-11-01"', strict=True) == DAY.validate_strings("2026-11-01") == NOON.date()


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
