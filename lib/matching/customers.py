"""Contacts are scored, customers are matched: two are one when nobody else comes near on either side.

A pure function of the scored pairs, in any order; nothing is inferred by way of a third customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from lib.matching.grading import Grade, grade, plausible
from lib.matching.levels import Pattern
from lib.matching.model import Model
from lib.matching.scoring import Score

_Rank = tuple[bool, float, Pattern, str, str]


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
    rest: tuple[Score, ...]


def match_customers(
    model: Model,
    pairs: Iterable[Scored],
    left: Mapping[Any, Hashable],
    right: Mapping[Any, Hashable],
) -> Matching:
    """`left` and `right` say which customer a contact belongs to; each pair is scored by `model`."""
    best = _best_pairs(model, pairs, left, right)
    ranks = {customers: _rank(model, pair) for customers, pair in best.items()}
    from_left = _bests((ours, theirs, rank, best[ours, theirs]) for (ours, theirs), rank in ranks.items())
    from_right = _bests((theirs, ours, rank, best[ours, theirs]) for (ours, theirs), rank in ranks.items())
    matches: list[Match] = []
    near: list[tuple[Hashable, Hashable, Scored]] = []
    for ours, theirs in sorted(best, key=ranks.__getitem__, reverse=True):
        pair, one, other = best[ours, theirs], from_left[ours], from_right[theirs]
        favoured = one.other == theirs, other.other == ours
        if not pair.score.reaches(model) or not any(favoured):
            continue
        if all(favoured) and min(one.lead, other.lead) >= model.margin:
            matches.append(Match(ours, theirs, grade(model, pair.score, one.rest + other.rest), pair))
        else:
            near.append((ours, theirs, pair))
    matched_left, matched_right = {match.left for match in matches}, {match.right for match in matches}
    ambiguous = (
        pair for ours, theirs, pair in near if ours not in matched_left and theirs not in matched_right
    )
    return Matching(tuple(matches), tuple(ambiguous))


def _best_pairs(
    model: Model, pairs: Iterable[Scored], left: Mapping[Any, Hashable], right: Mapping[Any, Hashable]
) -> dict[tuple[Hashable, Hashable], Scored]:
    """Of each two customers, the pair of contacts that speaks most for them, if that matters to anybody.

    Who is further below the threshold than the margin, and not plausible, is neither best nor in the way.
    """
    least = model.enough - model.margin
    best: dict[tuple[Hashable, Hashable], Scored] = {}
    for pair in pairs:
        if pair.score.weight < least and not plausible(pair.score):
            continue
        customers = left[pair.left], right[pair.right]
        if customers not in best or _rank(model, pair) > _rank(model, best[customers]):
            best[customers] = pair
    return best


def _rank(model: Model, pair: Scored) -> _Rank:
    """Orders pairs alike however they come: who is certain goes before relatives at the same address."""
    score = pair.score
    certain = score.weight >= model.enough and score.certain
    return certain, score.weight, score.pattern, str(pair.left), str(pair.right)


def _bests(pairs: Iterable[tuple[Hashable, Hashable, _Rank, Scored]]) -> dict[Hashable, _Best]:
    every: defaultdict[Hashable, list[tuple[_Rank, Hashable, Score]]] = defaultdict(list)
    for one, other, rank, pair in pairs:
        every[one].append((rank, other, pair.score))
    bests = {}
    for one, others in every.items():
        others.sort(key=itemgetter(0), reverse=True)
        (certain, *_), other, best = others[0]
        rest = tuple(score for _, _, score in others[1:])
        next_to = (score.weight for score in rest if not (certain and score.contradicted))
        bests[one] = _Best(other, best.weight - max(next_to, default=float("-inf")), rest)
    return bests
