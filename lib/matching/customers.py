"""Contacts are scored, customers are matched: two are one when nobody else comes near on either side.

Pure functions; nothing is inferred by way of a third customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, NamedTuple

from lib.matching.blocking import candidates
from lib.matching.grading import grade, plausible
from lib.matching.levels import Pattern
from lib.matching.model import Model
from lib.matching.pairs import UNDECIDED, Decisions, Id, Match, Matching, Scored
from lib.matching.person import Person
from lib.matching.scoring import Score, score


@dataclass(frozen=True)
class Contact(Generic[Id]):
    """A person as one side has it on file, and the customer that it belongs to: itself, unless merged."""

    person: Person
    customer: Id


def matched(
    model: Model,
    left: Mapping[Id, Contact[Id]],
    right: Mapping[Id, Contact[Id]],
    decisions: Decisions[Id] = UNDECIDED,
) -> Matching[Id]:
    """Who is whom of two sides, whose contacts stand under their ids; `model.among` fits it to their size.

    The same in any order, and with the sides exchanged the same the other way round (as long as no contact of
    one side has the id of one of the other). Groups of contacts that neither a blocking key, nor a customer,
    nor a decision links may be asked about one by one.
    """
    pairs = candidates(
        {one: contact.person for one, contact in left.items()},
        {one: contact.person for one, contact in right.items()},
    )
    pairs |= {(a, b) for a, b in decisions.confirmed if a in left and b in right}
    return match_customers(
        model,
        (Scored(a, b, score(model, left[a].person, right[b].person)) for a, b in pairs),
        {one: contact.customer for one, contact in left.items()},
        {one: contact.customer for one, contact in right.items()},
        decisions,
    )


class _Rank(NamedTuple):
    """Orders pairs alike however they come: who is certain goes before relatives at the same address."""

    confirmed: bool
    certain: bool
    weight: float
    pattern: Pattern
    ids: tuple[str, ...]
    left: str


@dataclass(frozen=True, slots=True)
class _Pair(Generic[Id]):
    """Two customers, by the pair of their contacts that speaks most for them."""

    rank: _Rank
    left: Id
    right: Id
    by: Scored[Id]


@dataclass(frozen=True, slots=True)
class _Best(Generic[Id]):
    """A customer's best pair."""

    pair: _Pair[Id]
    lead: float
    """Bits between that one and the next, without relatives where it is certain."""
    rest: tuple[Score, ...]


def match_customers(
    model: Model,
    pairs: Iterable[Scored[Id]],
    left: Mapping[Id, Id],
    right: Mapping[Id, Id],
    decisions: Decisions[Id] = UNDECIDED,
) -> Matching[Id]:
    """`left` and `right` say which customer a contact belongs to; each pair is scored by `model`."""
    ranked = _ranked(model, pairs, left, right, decisions)
    from_left = _bests((pair.left, pair) for pair in ranked)
    from_right = _bests((pair.right, pair) for pair in ranked)
    matches: list[Match[Id]] = []
    near: list[_Pair[Id]] = []
    for pair in ranked:
        one, other = from_left[pair.left], from_right[pair.right]
        favoured = one.pair is pair, other.pair is pair
        if not pair.by.score.reaches(model) or not any(favoured):
            continue
        if all(favoured) and min(one.lead, other.lead) >= model.margin:
            found = grade(model, pair.by.score, one.rest + other.rest)
            matches.append(Match(pair.left, pair.right, found, pair.by))
        else:
            near.append(pair)
    done_left, done_right = {match.left for match in matches}, {match.right for match in matches}
    ambiguous = (pair.by for pair in near if pair.left not in done_left and pair.right not in done_right)
    return Matching(tuple(matches), tuple(ambiguous))


def _ranked(
    model: Model,
    pairs: Iterable[Scored[Id]],
    left: Mapping[Id, Id],
    right: Mapping[Id, Id],
    decisions: Decisions[Id],
) -> list[_Pair[Id]]:
    """Of each two customers the best pair of contacts, if that matters to anybody; the best of all first.

    Who is further below the threshold than the margin, and not plausible, is neither best nor in the way.
    """
    confirmed, refused = (
        {(left[a], right[b]) for a, b in said if a in left and b in right}
        for said in (decisions.confirmed, decisions.refused)
    )
    least = model.enough - model.margin
    best: dict[tuple[Id, Id], _Pair[Id]] = {}
    for pair in pairs:
        ours, theirs = customers = left[pair.left], right[pair.right]
        if customers in refused:
            continue
        if pair.score.weight < least and not plausible(pair.score) and customers not in confirmed:
            continue
        rank = _rank(model, pair, customers in confirmed)
        if customers not in best or rank > best[customers].rank:
            best[customers] = _Pair(rank, ours, theirs, pair)
    return sorted(best.values(), key=attrgetter("rank"), reverse=True)


def _rank(model: Model, pair: Scored[Id], confirmed: bool) -> _Rank:
    score = pair.score
    certain = score.weight >= model.enough and score.certain
    ids = str(pair.left), str(pair.right)
    return _Rank(confirmed, certain, score.weight, score.pattern, tuple(sorted(ids)), ids[0])


def _bests(ranked: Iterable[tuple[Id, _Pair[Id]]]) -> dict[Id, _Best[Id]]:
    every: defaultdict[Id, list[_Pair[Id]]] = defaultdict(list)
    for customer, pair in ranked:
        every[customer].append(pair)
    return {customer: _best(*few) for customer, few in every.items()}


def _best(first: _Pair[Id], *others: _Pair[Id]) -> _Best[Id]:
    """Where people confirmed one, only another whom they confirmed too comes next."""
    confirmed, certain, *_ = first.rank
    rest = tuple(other.by.score for other in others if other.rank.confirmed == confirmed)
    next_to = (score.weight for score in rest if not (certain and score.contradicted))
    return _Best(first, first.by.score.weight - max(next_to, default=float("-inf")), rest)
