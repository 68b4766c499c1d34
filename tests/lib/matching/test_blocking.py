"""Blocking keys: few, none of them a name alone, and one of them survives the usual slips."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.matching.blocking import MOST_SHARING, blocking_keys, candidates
from lib.matching.person import Person
from tests.lib.matching.persons import ANNA, ELSEWHERE, EMAIL, PHONE, STRANGER, known


@pytest.mark.parametrize(
    "changed",
    [
        {"given": "ana"},
        {"given": "gruber", "family": "anna"},
        {"birth": "19840715", "family": "gurber"},
        {"birth": "", "number": ""},
        {"birth": "", "postal_code": "1800", "street": "langegasse"},
        ELSEWHERE,
        {**ELSEWHERE, "birth": ""},
        {"given": "anni", "family": "huber", "birth": ""},
    ],
)
def test_a_person_stays_a_candidate_however_it_was_misspelt(changed: dict[str, Any]) -> None:
    assert blocking_keys(ANNA) & blocking_keys(replace(ANNA, **changed))


def test_strangers_are_no_candidates_and_an_equal_identifier_makes_them_some() -> None:
    assert not blocking_keys(ANNA) & blocking_keys(STRANGER)
    assert blocking_keys(known(ANNA, EMAIL)) & blocking_keys(known(STRANGER, EMAIL))


def test_keys_are_few() -> None:
    assert len(blocking_keys(known(ANNA, EMAIL, PHONE))) == 12


def test_what_is_unknown_makes_no_key() -> None:
    assert blocking_keys(Person()) == frozenset()
    assert blocking_keys(Person(given="anna")) == frozenset()
    assert blocking_keys(Person(city="wien", postal_code="1080")) == frozenset()


def test_a_key_that_too_many_of_a_side_have_finds_nobody() -> None:
    whom = Person(birth="19840517")
    for number, found in ((MOST_SHARING, MOST_SHARING), (MOST_SHARING + 1, 0)):
        everybody = {f"{n}": whom for n in range(number)}
        assert len(candidates({"whom": whom}, everybody)) == found
        assert len(candidates(everybody, {"whom": whom})) == found
