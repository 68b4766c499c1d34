"""Whatever stands in a body, the answer is a record or a problem that points to what is wrong."""

import json
from datetime import time as clock
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import Field

from kernel.web.problems import Problem
from kernel.web.wire.bodies import canonical, parse, validated, validated_texts
from kernel.web.wire.sentences import OTHERWISE, sentence
from lib.decimals import Unsigned
from lib.records import Record
from lib.times import Time


class Colour(StrEnum):
    RED = "red"


class Inner(Record):
    amount: Decimal
    count: int = 0


class Outer(Record):
    name: str
    colour: Colour = Colour.RED
    at: Time | None = None
    who: UUID | None = None
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    flag: bool = False


def read(raw: bytes | str) -> Outer:
    return validated(Outer, canonical(parse(raw.encode() if isinstance(raw, str) else raw)))


def refusal(raw: bytes | str) -> tuple[int, str, str | None]:
    with pytest.raises(Problem) as refused:
        read(raw)
    return refused.value.status, refused.value.code, refused.value.pointer


def test_a_good_body_is_read_into_its_types():
    read_back = read(
        '{"name": "x", "at": "2026-11-01T12:00:00+01:00", "many": [{"amount": "1.50"}], "colour": "red",'
        '"who": "018f0000-0000-7000-8000-000000000000"}'
    )
    assert read_back.many == (Inner(amount=Decimal("1.50")),)
    assert read_back.at is not None
    assert read_back.who == UUID("018f0000-0000-7000-8000-000000000000")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": "\xff"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}',
        b'{"name": "a\x00b"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
        b'{"a":' * 500 + b"1" + b"}" * 500,
    ],
)
def test_what_is_no_json_is_malformed(raw):
    assert refusal(raw)[:2] == (400, "malformed-body")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"[" * 2_000 + b"]" * 2_000, "The body is nested too deeply"),
        (b"1" + b"0" * 400, "A number is too large"),
        (b'"\\ud800"', "A text holds half a surrogate pair"),
        (b"[1,", "This is no JSON"),
    ],
)
def test_what_cannot_be_read_says_why(raw, words):
    with pytest.raises(Problem) as refused:
        parse(raw)
    assert refused.value.sentence.startswith(f"{words}: see line 1, column ")


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('{"a": 1, "\\u0061": 2}', "/a"),
        ('{"a": {"b": [0, {"~/": "", "c": 1e3, "~/": {}}]}}', "/a/b/1/~0~1"),
        ('[{"x": {"x": 1}}, {"x": "::", "x": "\\u003a\\u003A\\u003a"}]', "/1/x"),
        ('{"a": ' + "9" * 300 + ', "": 0, "": 1}', "/"),
    ],
)
def test_a_name_that_stands_twice_is_pointed_to(raw, pointer):
    with pytest.raises(Problem) as refused:
        parse(raw.encode())
    problem = refused.value
    assert (problem.status, problem.code, problem.pointer) == (400, "malformed-body", pointer)


@given(
    some.recursive(
        some.none() | some.text(), lambda one: some.lists(one) | some.dictionaries(some.text(), one)
    )
)
def test_what_names_nothing_twice_is_read_however_it_is_written(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        assert parse(text.encode()) == value


def test_a_colon_may_be_escaped():
    assert parse(b'{"a:\\u003a": "\\u003A"}') == {"a::": ":"}


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ('{"name": "x", "other": 1}', "/other"),
        ('{"name": "x", "a/b~c": 1}', "/a~1b~0c"),
        ("{}", "/name"),
        ("[]", ""),
        ("null", ""),
        ('"x"', ""),
        ('{"name": 5}', "/name"),
        ('{"name": "a\\u0000b"}', "/name"),
        ('{"name": "x", "a\\u0000": 1}', ""),
        ('{"name": "x", "inner": {"amount": "1", "count": "5"}}', "/inner/count"),
        ('{"name": "x", "inner": {"amount": "1", "count": 5.0}}', "/inner/count"),
        ('{"name": "x", "inner": {"amount": "1", "count": true}}', "/inner/count"),
        ('{"name": "x", "inner": {"amount": "1", "count": 9007199254740993}}', "/inner/count"),
        ('{"name": "x", "inner": {"amount": "1", "count": -99999999999999999999999}}', "/inner/count"),
        ('{"name": "x", "inner": {"amount": "NaN"}}', "/inner/amount"),
        ('{"name": "x", "inner": {"amount": "Infinity"}}', "/inner/amount"),
        ('{"name": "x", "many": [{"amount": "1"}, {"amount": "x"}]}', "/many/1/amount"),
        ('{"name": "x", "many": [{"amount": "1"}, 7]}', "/many/1"),
        ('{"name": "x", "many": {"0": 1}}', "/many"),
        ('{"name": "x", "at": "2026-11-01T12:00:00"}', "/at"),
        ('{"name": "x", "at": 1700000000}', "/at"),
        ('{"name": "x", "at": "yesterday"}', "/at"),
        ('{"name": "x", "at": "10000-01-01T00:00:00Z"}', "/at"),
        ('{"name": "x", "who": "no-uuid"}', "/who"),
        ('{"name": "x", "colour": "blue"}', "/colour"),
        ('{"name": "x", "flag": 1}', "/flag"),
    ],
)
def test_what_is_not_valid_is_pointed_to(raw, pointer):
    assert refusal(raw) == (422, "invalid", pointer)


def test_all_that_is_wrong_is_listed():
    with pytest.raises(Problem) as refused:
        read('{"colour": "blue", "flag": "x"}')
    assert [each["pointer"] for each in refused.value.members["errors"]] == ["/name", "/colour", "/flag"]


def test_a_refusal_never_repeats_the_value():
    with pytest.raises(Problem) as refused:
        read('{"name": {"secret": "Erika Mustermann"}, "Erika": 1, "at": "Erika", "who": "Erika"}')
    text = refused.value.body().decode().replace("/Erika", "")
    assert "Erika" not in text


class Spoken(Record):
    code: Annotated[str, Field(pattern="^[A-Z]+$", min_length=2, max_length=3)] = "EUR"
    count: Annotated[int, Field(ge=1, le=9)] = 1
    colours: Annotated[tuple[Colour, ...], Field(min_length=1, max_length=2)] = (Colour.RED,)
    kind: Literal["a", "b"] = "a"
    who: UUID | None = None
    flag: bool = False
    until: clock | None = None
    inner: Inner | None = None
    price: Unsigned | None = None


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"other": 1}', "There is no such field."),
        ('{"inner": {}}', "This field is needed."),
        ('{"inner": []}', "This must be a JSON object."),
        ('{"code": 5}', "This must be a text."),
        ('{"code": "E"}', "The text must have 2 or more characters."),
        ('{"code": "EURO"}', "The text may have 3 characters at most."),
        ('{"code": "eur"}', "The text must match `^[A-Z]+$`."),
        ('{"count": "5"}', "This must be a whole number."),
        ('{"count": 1.5}', "This must be a whole number."),
        ('{"count": 0}', "This must be 1 or more."),
        ('{"count": 10}', "This must be 9 or less."),
        ('{"colours": []}', "The list must have 1 or more entries."),
        ('{"colours": ["red", "red", "red"]}', "The list may have 2 entries at most."),
        ('{"colours": {}}', "This must be a list."),
        ('{"colours": ["blue"]}', "This must be 'red'."),
        ('{"kind": "c"}', "This must be 'a' or 'b'."),
        ('{"who": "Erika"}', "This must be a UUID."),
        ('{"flag": 1}', "This must be true or false."),
        ('{"until": "late"}', "This must be a time of day, as in 21:30."),
        ('{"price": 5}', "A decimal of zero or more, as text"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(body, detail):
    with pytest.raises(Problem) as refused:
        validated(Spoken, canonical(parse(body.encode())))
    assert refused.value.sentence.startswith(detail)
    assert refused.value.sentence.endswith(".")


def test_what_has_no_words_of_its_own_quotes_nothing():
    assert sentence({"type": "url_parsing", "msg": "found `Erika`", "ctx": {"error": "Erika"}}) == OTHERWISE


def test_what_is_nested_too_deeply_is_pointed_to():
    deep = [[]]
    for _ in range(500):
        deep = [deep]
    with pytest.raises(Problem) as refused:
        canonical({"name": deep}, "/body")
    assert (refused.value.code, refused.value.pointer) == ("malformed-body", "/body")


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


def is_read_or_refused(raw: bytes) -> bool:
    """Whether it is a record or the client's fault; anything but a Problem fails the test."""
    try:
        read(raw)
    except Problem as problem:
        return 400 <= problem.status < 500
    return True


@given(json_values)
def test_any_json_is_a_record_or_a_problem(value):
    assert is_read_or_refused(json.dumps(value).encode())


@given(some.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_problem(raw):
    assert is_read_or_refused(raw)


def test_the_canonical_form_forgets_order_and_spaces():
    assert canonical(parse(b'{"b": 1, "a": 2}')) == canonical(parse(b'{ "a":2,"b":1 }')) == b'{"a":2,"b":1}'


class Question(Record):
    limit: int = 50
    on: Time | None = None


def test_parameters_come_as_texts():
    assert validated_texts(Question, {"limit": "7"}).limit == 7


@pytest.mark.parametrize(
    ("texts", "pointer"),
    [
        ({"limit": "x"}, "/limit"),
        ({"limit": ""}, "/limit"),
        ({"other": "1"}, "/other"),
        ({"on": "2026-11-01T12:00:00"}, "/on"),
    ],
)
def test_a_wrong_parameter_is_pointed_to(texts, pointer):
    with pytest.raises(Problem) as refused:
        validated_texts(Question, texts)
    assert (refused.value.status, refused.value.pointer) == (422, pointer)
