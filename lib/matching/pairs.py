"""What is said of pairs of contacts and of customers: scores, people's decisions, matches."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lib.matching.grading import Grade
from lib.matching.levels import Comparison
from lib.matching.scoring import Score

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True)
class Scored(Generic[Id]):
    """A contact of the left side, one of the right, and what speaks for them being one."""

    left: Id
    right: Id
    score: Score


@dataclass(frozen=True)
class Decisions(Generic[Id]):
    """What people said of pairs of contacts, and thereby of the customers that these belong to now."""

    confirmed: Collection[tuple[Id, Id]] = ()
    """They are one: nobody else is in the way. Threshold and evidence are asked for as ever."""
    refused: Collection[tuple[Id, Id]] = ()
    """They are two: no match, and in nobody's way. Goes before a confirmation."""


UNDECIDED: Decisions[Any] = Decisions()


@dataclass(frozen=True, slots=True)
class Match(Generic[Id]):
    """Two customers that are one, by their best pair of contacts."""

    left: Id
    right: Id
    grade: Grade
    by: Scored[Id]

    @property
    def probability(self) -> float:
        return self.by.score.probability

    @property
    def evidence(self) -> tuple[Comparison, ...]:
        """Names of the comparisons in which both sides agree; never values, nor what differs."""
        return self.by.score.agreeing


@dataclass(frozen=True, slots=True)
class Matching(Generic[Id]):
    matches: tuple[Match[Id], ...]
    ambiguous: tuple[Scored[Id], ...]
    """Pairs that reach the threshold, of customers whom nobody matches because another comes too near."""
