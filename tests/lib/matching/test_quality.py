"""How well the standard model matches, on sets whose true pairs are known and were not used to learn it."""

from __future__ import annotations

import pytest

from bench.linking.households import Case, households
from bench.linking.quality import both, matched
from bench.linking.sides import febrl4, overlapping
from bench.linking.training import train
from lib.matching.standard import STANDARD


def test_the_standard_model_is_what_learning_without_labels_finds() -> None:
    assert train() == STANDARD


def test_febrl4_is_matched() -> None:
    sides = febrl4()
    every, shared = both(matched(STANDARD, sides), sides.truth)
    assert every.f1 >= 0.998
    assert shared.precision >= 0.999


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.3, 0.5])
def test_febrl4_is_matched_where_few_are_on_both_sides(share: float, seed: int) -> None:
    sides = overlapping(febrl4(), share, seed)
    every, shared = both(matched(STANDARD, sides), sides.truth)
    assert every.f1 >= 0.997
    assert shared.precision >= 0.999


@pytest.mark.parametrize("case", list(Case))
def test_relatives_are_not_shared_where_identifiers_are_verified(case: Case) -> None:
    sides = households(case, verified=True)
    _, shared = both(matched(STANDARD, sides), sides.truth)
    assert shared.precision >= 0.999
    assert shared.recall >= 0.95


def test_relatives_are_not_shared_where_the_right_person_is_on_file() -> None:
    sides = households(Case.PRESENT, verified=False)
    _, shared = both(matched(STANDARD, sides), sides.truth)
    assert shared.precision >= 0.999
