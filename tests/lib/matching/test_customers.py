"""Customers are matched by their best pair when nobody else comes near; relatives open nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.matching import customers
from lib.matching.customers import Contact
from lib.matching.grading import Grade
from lib.matching.person import Person
from lib.matching.standard import STANDARD
from tests.lib.matching.persons import (
    ANNA,
    ELSEWHERE,
    EMAIL,
    JUNIOR,
    OTHER_EMAIL,
    PHONE,
    SPOUSE,
    STRANGER,
    TWIN,
    known,
    matched,
)


def test_a_person_among_relatives_is_matched_and_shared() -> None:
    there = {"self": replace(ANNA, given="ana"), "spouse": SPOUSE, "twin": TWIN, "junior": JUNIOR}
    [match] = matched({"anna": ANNA}, there).matches
    assert (match.left, match.right, match.grade) == ("anna", "self", Grade.SHARE)


@pytest.mark.parametrize("relative", [SPOUSE, TWIN, JUNIOR])
def test_a_relative_alone_is_likely_at_most(relative: Person) -> None:
    assert [match.grade for match in matched({"anna": ANNA}, {"other": relative}).matches] == [Grade.LIKELY]


def test_a_junior_of_unknown_age_with_an_address_of_its_own_is_likely_at_most() -> None:
    junior = known(replace(ANNA, birth=""), OTHER_EMAIL, PHONE)
    [match] = matched({"anna": known(ANNA, EMAIL, PHONE)}, {"junior": junior}).matches
    assert match.grade is Grade.LIKELY


def test_two_who_fit_alike_match_nobody_and_are_said_to_be_ambiguous() -> None:
    unborn = replace(ANNA, birth="")
    found = matched({"anna": unborn}, {"senior": ANNA, "junior": JUNIOR})
    assert found.matches == ()
    assert {pair.right for pair in found.ambiguous} == {"senior", "junior"}


@pytest.mark.parametrize("given", ["anna", "ana"])
def test_a_given_name_alone_is_no_evidence_while_somebody_elsewhere_may_have_it(given: str) -> None:
    unborn = replace(ANNA, birth="")
    assert matched({"anna": unborn}, {"junior": JUNIOR}).matches[0].grade is Grade.SHARE
    found = matched({"anna": unborn}, {"junior": JUNIOR, "moved": replace(ANNA, given=given, **ELSEWHERE)})
    assert [match.grade for match in found.matches] == [Grade.LIKELY]


def test_who_agrees_in_more_is_rivalled_only_by_who_fits_better_in_something() -> None:
    namesake = replace(ANNA, birth="", **ELSEWHERE)
    [match] = matched({"anna": ANNA}, {"self": replace(ANNA, given="ana"), "namesake": namesake}).matches
    assert (match.right, match.grade) == ("self", Grade.LIKELY)
    [match] = matched({"anna": ANNA}, {"self": ANNA, "namesake": namesake}).matches
    assert (match.right, match.grade) == ("self", Grade.SHARE)


def test_who_moved_is_found_before_the_relatives_who_stayed() -> None:
    here = known(ANNA, EMAIL)
    there = {"moved": replace(here, **ELSEWHERE), "twin": known(TWIN, OTHER_EMAIL), "spouse": SPOUSE}
    [match] = matched({"anna": here}, there).matches
    assert (match.right, match.grade) == ("moved", Grade.SHARE)


def test_who_has_the_same_given_name_and_birthday_elsewhere_is_not_in_the_way() -> None:
    namesake = replace(STRANGER, given=ANNA.given, birth=ANNA.birth)
    [match] = matched({"anna": ANNA}, {"self": replace(ANNA, birth=""), "namesake": namesake}).matches
    assert match.right == "self"


def test_each_has_to_be_the_others_best() -> None:
    found = matched({"anna": ANNA, "ana": replace(ANNA, given="ana", birth="19840518")}, {"self": ANNA})
    assert [(match.left, match.right) for match in found.matches] == [("anna", "self")]
    assert found.ambiguous == ()


def test_nobody_matches_a_stranger() -> None:
    found = matched({"anna": ANNA}, {"stranger": STRANGER})
    assert (found.matches, found.ambiguous) == ((), ())


def test_a_customer_of_several_contacts_matches_by_its_best_pair() -> None:
    moved = replace(ANNA, birth="", **ELSEWHERE)
    left = {"a": Contact(ANNA, "ours"), "b": Contact(moved, "ours")}
    right = {"c": Contact(replace(moved, given="ana"), "theirs"), "d": Contact(ANNA, "theirs")}
    [match] = customers.matched(STANDARD, left, right).matches
    assert (match.left, match.right) == ("ours", "theirs")
    assert (match.by.left, match.by.right) == ("a", "d")


def test_a_match_says_how_probable_it_is_and_what_agrees() -> None:
    [match] = matched({"anna": known(ANNA, EMAIL)}, {"junior": known(JUNIOR, EMAIL)}).matches
    assert match.probability > 0.95
    assert match.evidence == ("given name", "family name", "address", "identifier")
