"""The frozen model: what each level weighs, and from where on a pair counts as one person."""

from __future__ import annotations

from dataclasses import replace
from math import log2
from typing import Annotated

from pydantic import AfterValidator, Field

from lib.matching.levels import COMPARED, LEVELS, Comparison, Level
from lib.records import Record


def _complete(weights: dict[Comparison, dict[Level, float]]) -> dict[Comparison, dict[Level, float]]:
    if {name: set(levels) for name, levels in weights.items()} != {
        name: set(levels) for name, levels in LEVELS.items()
    }:
        raise ValueError("a model weighs every level of every comparison, and no other")
    return weights


Weights = Annotated[dict[Comparison, dict[Level, float]], AfterValidator(_complete)]
"""Bits: log2 m/u, how much more often true pairs reach the level than others do (Fellegi & Sunter 1969)."""


class Model(Record):
    """As an agreement freezes it: plain numbers, and nothing about anybody."""

    compared: int = COMPARED
    """The number of the way of comparing that the weights belong to."""
    weights: Weights
    prior: float
    """Bits: log2 of the odds that two persons drawn from the two sides are one."""
    threshold: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """The probability from which on a pair counts as one person."""
    margin: Annotated[float, Field(gt=0)] = 5.0
    """Bits that must lie between a customer's best pair and its runner-up."""

    @property
    def enough(self) -> float:
        """The threshold, as a weight in bits."""
        return log2(self.threshold / (1 - self.threshold))

    def among(self, larger: int) -> Model:
        """The same for sides of which the larger has so many persons, each of whom may be anybody's match."""
        return replace(self, prior=-log2(max(larger, 2)))
