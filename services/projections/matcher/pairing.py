"""Whom both sides know: a pure function of their persons, the same in whatever order they come.

Contacts are compared, customers are matched: two customers are one when contacts of theirs have the same
verified personal identifier, and neither has one in common with anybody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lib.identifiers import IdentifierKind
from services.projections.customers.person import Person

PERSONAL = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})
"""Kinds that mean the same in any organisation; a card, a device or an external id does not."""

Identifier = tuple[IdentifierKind, str]


class Grade(StrEnum):
    """What a match is good for."""

    SHARE = "share"
    LIKELY = "likely"
    """It opens nothing."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A contact of one side, as what it is compared, and of which customer it is one."""

    contact_id: UUID
    customer_id: UUID
    version: int
    person: Person


@dataclass(frozen=True, slots=True)
class Match:
    """Two customers that are one, by the pair of contacts that says most for it."""

    left: Compared
    right: Compared
    grade: Grade
    probability: float
    evidence: tuple[str, ...]
    """Kinds of what agrees, never values."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The matches, and by contact the customers of either side that nobody matches because several might."""

    matches: tuple[Match, ...]
    blocked_left: Mapping[UUID, UUID]
    blocked_right: Mapping[UUID, UUID]


def identifiers(person: Person) -> frozenset[Identifier]:
    """What a contact is matched by; a closed one by nothing."""
    if person.closed:
        return frozenset()
    return frozenset(
        (known.kind, known.value) for known in person.identifiers if known.verified and known.kind in PERSONAL
    )


def matched(left: Iterable[Compared], right: Iterable[Compared]) -> Matching:
    """Of all persons of both sides, or of some that have nothing in common with any other."""
    pairs = _pairs(left, right)
    ours: defaultdict[UUID, set[UUID]] = defaultdict(set)
    theirs: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for pair in pairs:
        ours[pair.left.customer_id].add(pair.right.customer_id)
        theirs[pair.right.customer_id].add(pair.left.customer_id)
    best: dict[UUID, Match] = {}
    blocked_left: dict[UUID, UUID] = {}
    blocked_right: dict[UUID, UUID] = {}
    for pair in sorted(pairs, key=_rank):
        one, other = pair.left.customer_id, pair.right.customer_id
        if len(ours[one]) == len(theirs[other]) == 1:
            best.setdefault(one, pair)
        else:
            blocked_left[pair.left.contact_id] = one
            blocked_right[pair.right.contact_id] = other
    return Matching(tuple(best.values()), blocked_left, blocked_right)


def _pairs(left: Iterable[Compared], right: Iterable[Compared]) -> list[Match]:
    """Contacts of both sides that have a verified identifier in common."""
    known: defaultdict[Identifier, list[Compared]] = defaultdict(list)
    for one in left:
        for identifier in identifiers(one.person):
            known[identifier].append(one)
    agreeing: defaultdict[tuple[UUID, UUID], set[str]] = defaultdict(set)
    both: dict[tuple[UUID, UUID], tuple[Compared, Compared]] = {}
    for other in right:
        for identifier in identifiers(other.person):
            for one in known.get(identifier, ()):
                at = one.contact_id, other.contact_id
                both[at] = one, other
                agreeing[at].add(identifier[0].value)
    return [Match(*both[at], _grade(kinds), 1.0, tuple(sorted(kinds))) for at, kinds in agreeing.items()]


def _grade(kinds: Collection[str]) -> Grade:
    """A household shares a telephone; an e-mail address is a person's own."""
    return Grade.SHARE if IdentifierKind.EMAIL in kinds else Grade.LIKELY


def _rank(pair: Match) -> tuple[bool, int, UUID, UUID]:
    """The one that says most goes first, and of several the one with the lowest ids."""
    likely = pair.grade is Grade.LIKELY
    return likely, -len(pair.evidence), pair.left.contact_id, pair.right.contact_id
