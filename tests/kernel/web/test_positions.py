"""Positions travel sealed: equal for equal, readable by nobody outside, bound to one organisation."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel.web.positions import open_positions, open_text, seal_positions, seal_text
from kernel.web.problems import Problem

KEY = bytes(range(64))
ORG = UUID(int=1)

services = some.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)
topics = some.tuples(services, some.integers(0, 2**16 - 1))
places = some.dictionaries(some.integers(0, 255), some.integers(0, 2**63 - 1), max_size=12)
positions = some.dictionaries(topics, places, max_size=4)


@given(positions, some.uuids())
def test_what_was_sealed_is_what_is_opened(asked, org):
    assert open_positions(KEY, org, seal_positions(KEY, org, asked)) == asked


@given(positions)
def test_equal_positions_give_equal_tokens_in_whatever_order_they_were_written(asked):
    turned = {topic: dict(reversed(at.items())) for topic, at in reversed(asked.items())}
    assert seal_positions(KEY, ORG, asked) == seal_positions(KEY, ORG, turned)


@given(some.integers(0, 2**40), some.integers(0, 2**40))
def test_the_length_of_a_token_does_not_tell_how_far_it_is(one, other):
    first, second = (seal_positions(KEY, ORG, {("contacts", 1): {3: at}}) for at in (one, other))
    assert len(first) == len(second)


@given(some.text(max_size=60))
def test_anything_else_is_refused(text):
    with pytest.raises(Problem) as refused:
        open_positions(KEY, ORG, text)
    assert (refused.value.code, refused.value.status) == ("bad-position", 400)


def test_another_organisations_token_is_refused():
    token = seal_positions(KEY, uuid4(), {("contacts", 1): {3: 7}})
    with pytest.raises(Problem, match="bad-position"):
        open_positions(KEY, ORG, token)


def test_a_cursor_is_no_position():
    with pytest.raises(Problem, match="bad-position"):
        open_positions(KEY, ORG, seal_text(KEY, ORG, b"cursor", b""))


def test_several_tokens_are_one_position_the_furthest_of_each_partition():
    tokens = [
        seal_positions(KEY, ORG, {("contacts", 1): {3: 7, 4: 1}}),
        seal_positions(KEY, ORG, {("contacts", 1): {3: 5, 5: 2}, ("sales", 2): {3: 1}}),
    ]
    assert open_positions(KEY, ORG, ", ".join(tokens)) == {
        ("contacts", 1): {3: 7, 4: 1, 5: 2},
        ("sales", 2): {3: 1},
    }


def test_too_many_tokens_are_refused():
    token = seal_positions(KEY, ORG, {("contacts", 1): {3: 7}})
    with pytest.raises(Problem, match="bad-position"):
        open_positions(KEY, ORG, ",".join([token] * 33))


def test_one_bit_changed_anywhere_is_refused():
    token = seal_positions(KEY, ORG, {("contacts", 1): {3: 7}})
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises(ValueError, match="not sealed here"):
            open_text(KEY, ORG, b"position", token[:at] + other + token[at + 1 :])
