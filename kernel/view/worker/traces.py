"""What traces tell of a worker: under each command, the views that show it from now on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kernel import tracing
from kernel.taking.applied import Applied
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoints
from kernel.view.view import View


def tell(
    views: Sequence[View[Any]],
    arrivals: Sequence[Arrival],
    before: Mapping[str, Checkpoints],
    applied: Mapping[str, Applied],
    began: int,
) -> None:
    """One span for each view and each command of a batch that was taken since `began` (ns since 1970).

    `before`: by table name, where the checkpoints were. What a view had taken already is not told again.
    """
    if not tracing.is_on():
        return
    for view in views:
        after = applied[view.table_name].checkpoints
        traces = Counter(
            arrival.envelope.trace
            for arrival in arrivals
            if arrival.envelope is not None
            and arrival.envelope.type in view.types
            and _is_new(arrival, before.get(view.table_name, {}), after)
        )
        for trace, events in traces.items():
            if trace is not None:
                tracing.tell(f"view {view.name}", trace, began, events=events)


def _is_new(arrival: Arrival, before: Checkpoints, after: Checkpoints) -> bool:
    known, now = before.get(arrival.partition), after.get(arrival.partition)
    if known is None or now is None:
        return False
    return known.head(arrival.service).position < arrival.position <= now.head(arrival.service).position
