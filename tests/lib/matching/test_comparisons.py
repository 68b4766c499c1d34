"""What two persons have in common is said in levels: slips are no differences, and differences no slips."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from lib.identifiers import IdentifierKind
from lib.matching.comparisons import compare
from lib.matching.levels import Comparison, Level
from lib.matching.person import Known, Person, person
from tests.lib.matching.persons import (
    ANNA,
    ELSEWHERE,
    EMAIL,
    OTHER_EMAIL,
    PERSONS,
    PHONE,
    STRANGER,
    known,
)


def level(comparison: Comparison, a: Person, b: Person) -> Level:
    return dict(zip(Comparison, compare(a, b), strict=True))[comparison]


@given(PERSONS, PERSONS)
def test_comparing_is_the_same_both_ways_round(a: Person, b: Person) -> None:
    assert compare(a, b) == compare(b, a)


def test_writing_makes_no_difference() -> None:
    written = person(given="ÉLODIE", family="Weiß-Müller", birth="1984-05-17", postal_code="SW1A 1AA")
    plain = person(given="elodie", family="weiss muller", birth="19840517", postal_code="sw1a1aa")
    assert written == plain


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("anna", "anna", Level.SAME),
        ("katharina", "katarina", Level.CLOSE),
        ("luke", "lkue", Level.CLOSE),
        ("a", "anna", Level.INITIAL),
        ("anna", "peter", Level.DIFFERENT),
        ("", "anna", Level.UNKNOWN),
    ],
)
def test_a_given_name_is_the_same_close_initial_or_another(a: str, b: str, found: Level) -> None:
    assert level(Comparison.GIVEN, replace(ANNA, given=a), replace(ANNA, given=b)) is found


def test_identifiers_are_those_that_were_verified() -> None:
    assert person(given="Anna").identifiers == frozenset()
    assert person(given="Anna", verified=[EMAIL]).identifiers == {EMAIL}


@pytest.mark.parametrize("kind", sorted(set(IdentifierKind) - {IdentifierKind.EMAIL, IdentifierKind.PHONE}))
def test_numbers_of_which_each_issuer_has_its_own_are_not_compared(kind: IdentifierKind) -> None:
    assert person(given="Anna", verified=[PHONE, (kind, "crm:4711")]).identifiers == {PHONE}


def test_names_in_each_others_place_are_said_once() -> None:
    swapped = replace(ANNA, given="gruber", family="anna")
    assert compare(ANNA, swapped)[:2] == (Level.SWAPPED, Level.UNKNOWN)
    moved = replace(ANNA, given="huber", family="anna")
    assert compare(ANNA, moved)[:2] == (Level.MOVED, Level.UNKNOWN)


@pytest.mark.parametrize(
    ("birth", "found"),
    [
        ("19840517", Level.SAME),
        ("19840518", Level.CLOSE),
        ("19841705", Level.CLOSE),
        ("19480517", Level.DECADES),
        ("20040517", Level.DIFFERENT),
        ("", Level.UNKNOWN),
    ],
)
def test_a_birth_date_a_digit_off_is_close_unless_it_is_a_parents(birth: str, found: Level) -> None:
    assert level(Comparison.BIRTH, ANNA, replace(ANNA, birth=birth)) is found


def test_an_address_is_one_comparison_of_its_parts() -> None:
    assert level(Comparison.ADDRESS, ANNA, replace(ANNA, street="gasse lange")) is Level.SAME
    assert level(Comparison.ADDRESS, ANNA, replace(ANNA, number="14")) is Level.THREE
    assert level(Comparison.ADDRESS, ANNA, replace(ANNA, number="14", street="seeweg")) is Level.TWO
    assert level(Comparison.ADDRESS, ANNA, replace(ANNA, **ELSEWHERE)) is Level.DIFFERENT
    assert level(Comparison.ADDRESS, ANNA, Person(city="wien")) is Level.UNKNOWN


@pytest.mark.parametrize(
    ("here", "there", "found"),
    [
        ({EMAIL, PHONE}, {EMAIL}, Level.SAME),
        ({PHONE}, {PHONE, EMAIL}, Level.SHARED),
        ({EMAIL, PHONE}, {OTHER_EMAIL, PHONE}, Level.HOUSEHOLD),
        ({EMAIL}, {OTHER_EMAIL}, Level.DIFFERENT),
        ({PHONE}, {EMAIL}, Level.UNKNOWN),
        ({PHONE}, {(IdentifierKind.PHONE, "+4315330101")}, Level.UNKNOWN),
        ({EMAIL}, set(), Level.UNKNOWN),
    ],
)
def test_only_what_one_person_has_for_itself_is_the_same_or_different(
    here: set[Known], there: set[Known], found: Level
) -> None:
    assert level(Comparison.IDENTIFIER, known(ANNA, *here), known(STRANGER, *there)) is found
