"""What speaks for two persons being one: how much, by what, and whether it is about the person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lib.matching.levels import Comparison, Level
from lib.matching.person import Person
from lib.matching.scoring import score
from lib.matching.standard import STANDARD
from tests.lib.matching.persons import (
    ANNA,
    ELSEWHERE,
    EMAIL,
    JUNIOR,
    OTHER_EMAIL,
    SPOUSE,
    STRANGER,
    TWIN,
    known,
)


def test_the_weight_is_the_prior_with_each_levels_weight_and_the_probability_is_its_posterior() -> None:
    found = score(STANDARD, ANNA, SPOUSE)
    weights = STANDARD.weights
    assert found.weight == pytest.approx(
        STANDARD.prior
        + weights[Comparison.GIVEN][Level.DIFFERENT]
        + weights[Comparison.FAMILY][Level.SAME]
        + weights[Comparison.BIRTH][Level.DIFFERENT]
        + weights[Comparison.ADDRESS][Level.SAME]
    )
    assert found.probability == pytest.approx(2**found.weight / (1 + 2**found.weight))


def test_one_person_reaches_the_threshold_and_two_do_not() -> None:
    assert score(STANDARD, ANNA, replace(ANNA, given="ana", number="14")).reaches(STANDARD)
    assert not score(STANDARD, ANNA, STRANGER).reaches(STANDARD)


def test_it_is_said_which_fields_agree() -> None:
    agreeing = score(STANDARD, ANNA, JUNIOR).agreeing
    assert agreeing == (Comparison.GIVEN, Comparison.FAMILY, Comparison.ADDRESS)


@pytest.mark.parametrize("relative", [SPOUSE, TWIN, JUNIOR])
def test_a_relative_is_contradicted(relative: Person) -> None:
    assert score(STANDARD, ANNA, relative).contradicted
    assert not score(STANDARD, ANNA, ANNA).contradicted


def test_another_email_address_contradicts_unless_name_and_birthday_are_the_same_to_the_letter() -> None:
    here, there = known(ANNA, EMAIL), known(ANNA, OTHER_EMAIL)
    assert not score(STANDARD, here, there).contradicted
    assert score(STANDARD, here, replace(there, birth="")).contradicted
    assert score(STANDARD, here, replace(there, given="anne")).contradicted


def test_an_equal_identifier_adds_weight_and_never_matches_alone() -> None:
    nobody = Person(identifiers=frozenset({EMAIL}))
    for model in (STANDARD, replace(STANDARD, prior=0.0)):
        alone = score(model, nobody, nobody)
        assert alone.weight > model.prior
        assert not alone.reaches(model)
    moved = replace(ANNA, birth="", **ELSEWHERE)
    assert not score(STANDARD, ANNA, moved).reaches(STANDARD)
    assert score(STANDARD, known(ANNA, EMAIL), known(moved, EMAIL)).weight > 4


def test_a_model_of_another_way_of_comparing_is_refused() -> None:
    with pytest.raises(ValueError, match="comparisons 2"):
        score(replace(STANDARD, compared=2), ANNA, ANNA)
