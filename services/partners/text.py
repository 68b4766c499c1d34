"""The text of an agreement: which exactly is meant, whether it contradicts itself, what is narrower. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from kernel.commands import Rejected
from services.partners.events.terms import Condition, Direction, SharedField, Terms

TIER_MONTHS = 12
"""So far back a value tier looks."""


def digest(version: int, terms: Terms) -> str:
    """SHA-256, in hex, of the text's version and the text, as JSON with sorted names."""
    text = msgspec.json.encode([version, terms], order="sorted")
    return hashlib.sha256(text).hexdigest()


def check(terms: Terms, now: datetime) -> None:
    """Raises Rejected where a text contradicts itself."""
    directions = {"proposer_gives": terms.proposer_gives, "counterpart_gives": terms.counterpart_gives}
    if not any(directions.values()):
        raise Rejected("nothing-given", "At least one side gives something.", "/terms")
    if terms.ends_at <= now:
        raise Rejected("over-already", "The agreement would have ended.", "/terms/ends_at")
    for name, direction in directions.items():
        if direction is not None:
            _check_direction(direction, f"/terms/{name}")


def _check_direction(direction: Direction, at: str) -> None:
    for number, condition in enumerate(direction.population):
        _check_condition(condition, direction, f"{at}/population/{number}")
    if SharedField.TIER in direction.fields and direction.depth_months < TIER_MONTHS:
        sentence = f"The value tier looks {TIER_MONTHS} months back: so far the depth has to reach."
        raise Rejected("beyond-depth", sentence, f"{at}/depth_months")


def _check_condition(condition: Condition, direction: Direction, at: str) -> None:
    field, months = condition.field, condition.months
    if field not in direction.fields:
        sentence = "Who is chosen by a field tells it: share it too."
        raise Rejected("population-unshared", sentence, f"{at}/field")
    if field is SharedField.PRODUCT:
        sentence = "Customers are chosen by category or brand, not by product."
        raise Rejected("population-unfit", sentence, f"{at}/field")
    if (months is not None) != (field.kind == "purchases"):
        sentence = "Months are told for purchases, and only for those."
        raise Rejected("population-unfit", sentence, f"{at}/months")
    if months is not None and months > direction.depth_months:
        raise Rejected("beyond-depth", "A population looks no further back than the depth.", f"{at}/months")
    if field is SharedField.TIER and len(condition.values) > 1:
        sentence = "One tier is named: the lowest that is shared."
        raise Rejected("population-unfit", sentence, f"{at}/values")


def narrower(one: Terms, other: Terms) -> bool:
    """Whether `one` lets through nothing that `other` does not."""
    return (
        _gives_less(one.proposer_gives, other.proposer_gives)
        and _gives_less(one.counterpart_gives, other.counterpart_gives)
        and one.basis is other.basis
        and one.group_size >= other.group_size
        and one.most_matches_a_day <= other.most_matches_a_day
        and one.ends_at <= other.ends_at
    )


def _gives_less(one: Direction | None, other: Direction | None) -> bool:
    if one is None:
        return True
    return (
        other is not None
        and _within(one.purposes, other.purposes)
        and _within(one.fields, other.fields)
        and all(any(_tells_less(own, its) for own in one.population) for its in other.population)
        and one.depth_months <= other.depth_months
        and one.retention_days <= other.retention_days
        and one.notice_version >= other.notice_version
        and _within(one.manufacturers, other.manufacturers)
    )


def _within(one: Iterable[str], other: Iterable[str]) -> bool:
    return set(one) <= set(other)


def _tells_less(one: Condition, other: Condition) -> bool:
    """Whether everyone to whom `one` applies is one to whom `other` does."""
    if one.field is not other.field:
        return False
    if one.field is SharedField.TIER:
        return one == other
    return _within(one.values, other.values) and (one.months or 0) <= (other.months or 0)
