"""Contacts are scored, customers are matched: two are one when nobody else comes near on either side.

A pure function of the scored pairs, in any order; nothing is inferred by way of a third customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lib.matching.grading import Grade, grade, plausible
from lib.matching.model import Model
from lib.matching.scoring import Score


@dataclass(frozen=True, slots=True)
class Scored:
    """A contact of the left side, one of the right, and what speaks for them being one."""

    left: Hashable
    right: Hashable
    score: Score


@dataclass(frozen=True, slots=True)
class Match:
    """Two customers that are one, by their best pair of contacts."""

    left: Hashable
    right: Hashable
    grade: Grade
    by: Scored


@dataclass(frozen=True, slots=True)
class Matching:
    matches: tuple[Match, ...]
    ambiguous: tuple[Scored, ...]
    """Pairs that reach the threshold, of customers whom nobody matches because another comes too near."""


@dataclass(frozen=True, slots=True)
class _Best:
    """Whom a customer resembles most."""

    other: Hashable
    lead: float
    """Bits between that one and the next, without relatives where it is certain."""
    rivals: tuple[Score, ...]
    """Of the others, those who may be the same person too."""


def match_customers(
    model: Model,
    pairs: Iterable[Scored],
    left: Mapping[Any, Hashable],
    right: Mapping[Any, Hashable],
) -> Matching:
    """`left` and `right` say which customer a contact belongs to; each pair is scored by `model`."""
    best = _best_pairs(pairs, left, right)
    from_left = _bests((ours, theirs, pair) for (ours, theirs), pair in best.items())
    from_right = _bests((theirs, ours, pair) for (ours, theirs), pair in best.items())
    matches: list[Match] = []
    near: list[tuple[Hashable, Hashable, Scored]] = []
    for (ours, theirs), pair in sorted(best.items(), key=lambda item: _rank(item[1]), reverse=True):
        one, other = from_left[ours], from_right[theirs]
        favoured = one.other == theirs, other.other == ours
        if not pair.score.reaches(model) or not any(favoured):
            continue
        if all(favoured) and min(one.lead, other.lead) >= model.margin:
            matches.append(Match(ours, theirs, grade(model, pair.score, (*one.rivals, *other.rivals)), pair))
        else:
            near.append((ours, theirs, pair))
    matched_left, matched_right = {match.left for match in matches}, {match.right for match in matches}
    ambiguous = (
        pair for ours, theirs, pair in near if ours not in matched_left and theirs not in matched_right
    )
    return Matching(tuple(matches), tuple(ambiguous))


def _best_pairs(
    pairs: Iterable[Scored], left: Mapping[Any, Hashable], right: Mapping[Any, Hashable]
) -> dict[tuple[Hashable, Hashable], Scored]:
    """Of each two customers, the pair of contacts that speaks most for them."""
    best: dict[tuple[Hashable, Hashable], Scored] = {}
    for pair in pairs:
        customers = left[pair.left], right[pair.right]
        if customers not in best or _rank(pair) > _rank(best[customers]):
            best[customers] = pair
    return best


def _rank(pair: Scored) -> tuple[object, ...]:
    """Orders pairs alike however they come: who is certain goes before relatives at the same address."""
    return pair.score.certain, pair.score.weight, pair.score.pattern, str(pair.left), str(pair.right)


def _bests(pairs: Iterable[tuple[Hashable, Hashable, Scored]]) -> dict[Hashable, _Best]:
    rivals: defaultdict[Hashable, list[tuple[Hashable, Scored]]] = defaultdict(list)
    for one, other, pair in pairs:
        rivals[one].append((other, pair))
    bests = {}
    for one, others in rivals.items():
        (other, best), *rest = sorted(others, key=lambda other: _rank(other[1]), reverse=True)
        scores = [pair.score for _, pair in rest]
        next_to = (s.weight for s in scores if not (best.score.certain and s.contradicted))
        lead = best.score.weight - max(next_to, default=float("-inf"))
        bests[one] = _Best(other, lead, tuple(score for score in scores if plausible(score)))
    return bests
