"""Laws of matching: both sides find the same, in whatever order, and one group of persons after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain, product
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from lib.matching.blocking import blocking_keys
from lib.matching.customers import Contact, matched
from lib.matching.pairs import Decisions
from lib.matching.standard import STANDARD
from tests.lib.matching.persons import ANNA, PERSONS, STRANGER

Side = dict[str, Contact[str]]
Found = set[tuple[Any, ...]]
HERE, THERE = ("a1", "a2", "a3", "a4"), ("b1", "b2", "b3", "b4")


def sides(ids: tuple[str, ...]) -> st.SearchStrategy[Side]:
    return st.dictionaries(st.sampled_from(ids), st.builds(Contact, PERSONS, st.sampled_from(ids)))


PAIRS = st.sets(st.sampled_from(list(product(HERE, THERE))), max_size=2)
DECISIONS = st.builds(Decisions, confirmed=PAIRS, refused=PAIRS)


def found(left: Side, right: Side, decisions: Decisions[str], step: int = 1) -> Found:
    """All that is said; with -1 as from the right side."""
    matching = matched(STANDARD, left, right, decisions)
    matches = {
        (match.grade, (match.left, match.right)[::step], (match.by.left, match.by.right)[::step])
        for match in matching.matches
    }
    pairs = (*(match.by for match in matching.matches), *matching.ambiguous)
    return matches | {((pair.left, pair.right)[::step], pair.score) for pair in pairs}


CROSSWISE = (
    {"a1": Contact(ANNA, "a1"), "a2": Contact(STRANGER, "a1")},
    {"b1": Contact(STRANGER, "b1"), "b2": Contact(ANNA, "b1")},
    Decisions[str](),
)
"""Two pairs of one customer that are alike in all but their ids."""


@example(*CROSSWISE)
@given(sides(HERE), sides(THERE), DECISIONS)
def test_both_sides_find_the_same(left: Side, right: Side, decisions: Decisions[str]) -> None:
    turned = Decisions(
        [(b, a) for a, b in decisions.confirmed],
        [(b, a) for a, b in decisions.refused],
    )
    assert found(left, right, decisions) == found(right, left, turned, -1)


@given(sides(HERE), sides(THERE), DECISIONS, st.randoms(use_true_random=False))
def test_the_order_of_persons_and_decisions_changes_nothing(
    left: Side, right: Side, decisions: Decisions[str], order: random.Random
) -> None:
    def shuffled(of: Any) -> list[Any]:
        return order.sample(list(of), len(of))

    others = Decisions(shuffled(decisions.confirmed), shuffled(decisions.refused))
    there = matched(STANDARD, dict(shuffled(left.items())), dict(shuffled(right.items())), others)
    assert there == matched(STANDARD, left, right, decisions)


@given(sides(HERE), sides(THERE), DECISIONS)
def test_persons_that_nothing_links_may_be_asked_about_one_group_after_the_other(
    left: Side, right: Side, decisions: Decisions[str]
) -> None:
    apart: Found = set()
    for group in groups(left, right, decisions):
        here, there = ({one: side[one] for one in side if one in group} for side in (left, right))
        apart |= found(here, there, decisions)
    assert apart == found(left, right, decisions)


def groups(left: Side, right: Side, decisions: Decisions[str]) -> list[set[str]]:
    """Contacts that keys, customers or decisions link, in some steps."""
    joined: list[set[str]] = []
    for links in links_of(left, right, decisions):
        touched = [group for group in joined if group & links]
        joined = [group for group in joined if not group & links] + [links.union(*touched)]
    return joined


def links_of(left: Side, right: Side, decisions: Decisions[str]) -> Iterator[set[str]]:
    linked: dict[object, set[str]] = {}
    for one, contact in chain(left.items(), right.items()):
        for link in (one, contact.customer, *blocking_keys(contact.person)):
            linked.setdefault(link, set()).add(one)
    yield from linked.values()
    yield from (set(pair) for pair in chain(decisions.confirmed, decisions.refused))
