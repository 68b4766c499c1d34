"""One batch of arrivals folded into one view: the pure part, between what was loaded and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from kernel.taking.arrivals import Arrival, Failure, failure_of
from kernel.taking.fact import Fact, Stream
from kernel.taking.parking.parking import Parked, take_or_park
from kernel.view.folding import fold_into, keys_of
from kernel.view.view import Key, R, RowId, View


@dataclass(slots=True)
class Step:
    """One arrival with the rows that it touches, or why it cannot be taken."""

    arrival: Arrival
    fact: Fact[Any] | None
    keys: list[Key]
    failure: Failure | None


def steps(view: View[Any], arrivals: Sequence[Arrival], refused: Failure | None = None) -> list[Step]:
    """The arrivals that concern the view. `refused` is why the database would not take what they fold to."""
    found = []
    for arrival in arrivals:
        if arrival.envelope is None or arrival.envelope.type in view.types:
            found.append(_step(view, arrival, refused))
    return found


def _step(view: View[Any], arrival: Arrival, refused: Failure | None) -> Step:
    fact = (arrival.opened or arrival.fact) if view.personal else arrival.fact
    failure = arrival.failure or refused or (arrival.unopened if view.personal else None)
    if fact is None or failure is not None:
        return Step(arrival, None, [], failure)
    try:
        return Step(arrival, fact, keys_of(view, fact), None)
    except Exception as error:
        return Step(arrival, None, [], failure_of(error))


def touched(found: Sequence[Step]) -> set[RowId]:
    """Every row that the steps touch."""
    return {
        (step.fact.envelope.org_id, key, step.fact.partition)
        for step in found
        if step.fact is not None
        for key in step.keys
    }


@dataclass
class Folded(Generic[R]):
    """What a batch comes to."""

    rows: dict[RowId, R] = field(default_factory=dict)
    parked: Parked = field(default_factory=list)
    applied: int = 0


def fold(view: View[R], found: Sequence[Step], loaded: dict[RowId, R], blocked: set[Stream]) -> Folded[R]:
    """Takes the steps in order, or parks them; `blocked` grows by the streams of those."""
    folded: Folded[R] = Folded(dict(loaded))
    take_or_park(found, folded, blocked, lambda step, fact: fold_into(view, folded.rows, fact, step.keys))
    return folded
