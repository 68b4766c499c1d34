"""A moment and a day are read as RFC 3339 writes them, and in no other way."""

import json
from datetime import UTC, date, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from lib.times import Day, Time

TIME: TypeAdapter[datetime] = TypeAdapter(Time)
DAY: TypeAdapter[date] = TypeAdapter(Day)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_other_zones_cannot_say_is_refused(year: int):
    with pytest.raises(ValidationError):
        TIME.validate_python(datetime(year, 6, 1, tzinfo=UTC))


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
