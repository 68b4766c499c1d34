"""What people decided settles whom of several; it takes the place of no evidence, and can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.matching import customers
from lib.matching.customers import Contact
from lib.matching.grading import Grade
from lib.matching.pairs import Decisions, Matching
from lib.matching.standard import STANDARD
from tests.lib.matching.persons import ANNA, JUNIOR, SPOUSE, STRANGER, matched

UNBORN = replace(ANNA, birth="")
TWO = {"senior": ANNA, "junior": JUNIOR}


def decided(*, confirmed: str = "", refused: str = "") -> Decisions[str]:
    return Decisions(*([("anna", other) for other in said.split()] for said in (confirmed, refused)))


def found(matching: Matching[str]) -> list[tuple[str, str, Grade]]:
    return [(match.left, match.right, match.grade) for match in matching.matches]


@pytest.mark.parametrize("decisions", [decided(confirmed="senior"), decided(refused="junior")])
def test_people_settle_which_of_two_it_is(decisions: Decisions[str]) -> None:
    assert matched({"anna": UNBORN}, TWO).matches == ()
    settled = matched({"anna": UNBORN}, TWO, decisions)
    assert found(settled) == [("anna", "senior", Grade.SHARE)]
    assert settled.ambiguous == ()


def test_a_refused_pair_is_no_match_though_people_confirmed_it_before() -> None:
    decisions = decided(confirmed="self", refused="self")
    assert matched({"anna": ANNA}, {"self": ANNA}, decisions) == Matching((), ())


def test_who_is_refused_is_refused_with_all_the_contacts_of_its_customer() -> None:
    left = {"anna": Contact(ANNA, "ours"), "ana": Contact(replace(ANNA, given="ana"), "ours")}
    right = {"self": Contact(ANNA, "theirs")}
    assert customers.matched(STANDARD, left, right, decided(refused="self")) == Matching((), ())


def test_a_confirmed_pair_needs_evidence_as_every_pair_does() -> None:
    assert found(matched({"anna": ANNA}, {"peter": SPOUSE}, decided(confirmed="peter"))) == [
        ("anna", "peter", Grade.LIKELY)
    ]
    assert found(matched({"anna": ANNA}, {"karl": STRANGER}, decided(confirmed="karl"))) == []


def test_nobody_else_is_matched_with_whom_people_confirmed_to_be_another() -> None:
    there = {"self": ANNA, "karl": STRANGER}
    matching = matched({"anna": ANNA}, there, decided(confirmed="karl"))
    assert found(matching) == []
    assert [pair.right for pair in matching.ambiguous] == ["self"]


def test_of_two_who_were_confirmed_neither_is_settled() -> None:
    assert matched({"anna": UNBORN}, TWO, decided(confirmed="senior junior")).matches == ()


def test_decisions_on_contacts_that_are_gone_change_nothing() -> None:
    gone = decided(confirmed="gone", refused="gone")
    assert matched({"anna": ANNA}, {"self": ANNA}, gone) == matched({"anna": ANNA}, {"self": ANNA})
