"""What a match is good for: whether it is about the person, and not merely about the household."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from operator import ge, gt

from lib.matching.levels import Level
from lib.matching.model import Model
from lib.matching.scoring import Score


class Grade(StrEnum):
    """What a match is good for."""

    SHARE = "share"
    """Threshold, margin, and something of the person's own that agrees, with none of it contradicting."""
    LIKELY = "likely"
    """It may be a relative; opens nothing."""


def plausible(score: Score) -> bool:
    """Whether it may be the same person for all that is known, or somebody of the same name elsewhere."""
    given, family, *_ = score.pattern
    named = given is Level.SWAPPED or family is Level.SAME or family is Level.CLOSE
    return (score.weight >= 0 or named) and not score.contradicted


def grade(model: Model, score: Score, others: Sequence[Score]) -> Grade:
    """Of a matched pair; `others` are the rivals of either side.

    `share` only if nobody else fits better in anything that a person has for itself, or as well in all.
    A given name alone tells a person from the rest of a household only if nobody else may have it.
    """
    if not score.personal or score.contradicted:
        return Grade.LIKELY
    others = [other for other in others if plausible(other)]
    if score.certain:
        own = score.own(model)
        others = [other for other in others if _fits_better(other.own(model), own)]
    return Grade.LIKELY if others else Grade.SHARE


def _fits_better(other: tuple[float, ...], own: tuple[float, ...]) -> bool:
    return any(map(gt, other, own)) or all(map(ge, other, own))
