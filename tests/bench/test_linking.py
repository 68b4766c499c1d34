"""Sets, peers and crowds of `bench matching` are what they are said to be."""

from __future__ import annotations

import pytest

from bench.linking.calibration import calibration
from bench.linking.crowd import find, gather
from bench.linking.drawing import Draw
from bench.linking.households import Case, households
from bench.linking.quality import Quality, quality
from bench.linking.sides import febrl4, overlapping
from bench.linking.tables import one_to_one
from lib.matching.blocking import candidates
from lib.matching.standard import STANDARD


def test_precision_recall_and_f1_are_of_the_found_pairs_and_the_true_ones() -> None:
    found = quality([("a", "A"), ("b", "B"), ("c", "X")], {"a": "A", "b": "B", "d": "D", "e": "E"})
    assert found == Quality(right=2, wrong=1, missed=2)
    assert (found.precision, found.recall) == (2 / 3, 0.5)
    assert found.f1 == pytest.approx(2 * found.precision * found.recall / (found.precision + found.recall))


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_two_sides_have_the_share_in_common_that_was_asked_for(share: float) -> None:
    sides = overlapping(febrl4(), share, seed=1)
    assert len(sides.left) == len(sides.right)
    assert len(sides.truth) / len(sides.left) == pytest.approx(share, abs=0.001)
    partners = {name.replace("-org", "-dup-0") for name in sides.left}
    assert partners & sides.right.keys() == set(sides.truth.values())


@pytest.mark.parametrize("case", list(Case))
def test_six_in_ten_of_the_other_side_are_relatives(case: Case) -> None:
    sides = households(case, verified=True, size=1_000)
    relatives = [name for name in sides.right if not name.endswith("self")]
    assert len(relatives) / len(sides.right) == pytest.approx(0.6, abs=0.03)
    assert all(whom.identifiers for side in (sides.left, sides.right) for whom in side.values())


def test_where_the_right_person_is_absent_its_relatives_are_all_there_is() -> None:
    sides = households(Case.ABSENT, verified=False, size=500)
    for name in sides.left.keys() - sides.truth.keys():
        there = [other for other in sides.right if other.split()[0] == name]
        assert len(there) == 1
        assert not there[0].endswith("self")


def test_a_crowd_offers_the_same_candidates_as_the_sides() -> None:
    crowd = gather(Draw(1), 2_000)
    everybody = {str(number): crowd[number] for number in range(2_000)}
    for number in range(0, 2_000, 100):
        whom = crowd[number]
        beside = {int(there) for _, there in candidates({"whom": whom}, everybody)}
        assert crowd.candidates(whom) == beside
        assert find(STANDARD, crowd, whom) == (len(beside), number)


def test_peers_match_each_person_once_and_from_the_threshold_on() -> None:
    found = [("a", "A", 0.99), ("a", "B", 0.97), ("b", "B", 0.96), ("c", "C", 0.94)]
    assert one_to_one(found) == {("a", "A")}


def test_calibration_says_of_each_pair_once_whether_it_is_true() -> None:
    sides = overlapping(febrl4(), 0.3, seed=1)
    figures = [calibration(STANDARD, [sides], contradicted=which) for which in (False, True)]
    pairs = sum(row["pairs"] for table in figures for row in table.values())
    assert pairs == len(candidates(sides.left, sides.right))
