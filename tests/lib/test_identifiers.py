"""Identifiers: equal ones are spelt alike, wrong ones are refused without being shown, digests hide them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lib.identifiers import Identifier, IdentifierDigest, IdentifierKind, normalised
from lib.records import Record


@pytest.mark.parametrize(
    ("kind", "written", "spelt"),
    [
        ("email", " Anna.Gruber@Example.ORG ", "anna.gruber@example.org"),
        ("email", "o\u0308l@example.org", "öl@example.org"),
        ("phone", "+43 (1) 533-01 00", "+4315330100"),
        ("phone", "+1 202 555 0143", "+12025550143"),
        ("loyalty-card", "2900-0017 ab", "29000017AB"),
        ("device", " f81d4fae-7dec ", "f81d4fae-7dec"),
        ("external", "ERP: 4711 ", "erp:4711"),
    ],
)
def test_an_identifier_has_one_spelling(kind: str, written: str, spelt: str):
    assert Identifier(kind=kind, value=written).value == spelt


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "anna"),
        ("email", "anna@localhost"),
        ("email", "a b@example.org"),
        ("phone", "01 5330100"),
        ("phone", "+43 1 5330100 ext. 7"),
        ("phone", "+999"),
        ("loyalty-card", "§§"),
        ("device", "a b"),
        ("external", "0815"),
        ("external", "sap:"),
        ("email", "a\x00@example.org"),
    ],
)
def test_what_is_none_of_its_kind_is_refused_without_being_shown(kind: str, value: str):
    with pytest.raises(ValidationError) as refused:
        Identifier(kind=kind, value=value)
    assert value not in refused.value.errors()[0]["msg"]
    assert refused.value.errors()[0]["loc"] == ("value",)


@given(st.sampled_from(IdentifierKind), st.text(max_size=300))
def test_spelling_twice_changes_nothing(kind: IdentifierKind, text: str):
    try:
        once = normalised(kind, text)
    except ValueError:
        return
    assert normalised(kind, once) == once


class Purchase(Record):
    bought_with: IdentifierDigest


PURCHASE = TypeAdapter(Purchase)
BODY = b'{"bought_with": {"kind": "phone", "value": "+43 1 5330 100"}}'


def digest(kind: str, value: str) -> bytes:
    return f"{kind} {value}".encode().rjust(16, b"-")[:16]


def test_a_digest_takes_the_place_of_the_value_at_the_door():
    purchase = PURCHASE.validate_json(BODY, context={"digest": digest})
    assert purchase.bought_with.digest == digest("phone", "+4315330100").hex()
    assert b"5330" not in PURCHASE.dump_json(purchase)


def test_what_was_written_is_read_again_as_it_is():
    written = PURCHASE.dump_json(PURCHASE.validate_json(BODY, context={"digest": digest}))
    assert msgspec.json.decode(written, type=Purchase) == PURCHASE.validate_json(written)


def test_a_caller_cannot_bring_a_digest():
    body = b'{"bought_with": {"kind": "phone", "digest": "00000000000000000000000000000000"}}'
    with pytest.raises(ValidationError) as refused:
        PURCHASE.validate_json(body, context={"digest": digest})
    assert {error["loc"] for error in refused.value.errors()} == {
        ("bought_with", "value"),
        ("bought_with", "digest"),
    }


def test_the_schema_of_a_body_asks_for_the_value_and_that_of_a_fact_for_the_digest():
    asked = PURCHASE.json_schema(mode="validation")["$defs"]["IdentifierDigest"]
    written = PURCHASE.json_schema(mode="serialization")["$defs"]["IdentifierDigest"]
    assert set(asked["properties"]) == {"kind", "value"}
    assert set(written["properties"]) == {"kind", "digest"}
