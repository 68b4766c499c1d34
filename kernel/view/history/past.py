"""Views folded in memory from some of the log's events, as the worker would have folded them by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kernel.taking.arrivals import Arrival
from kernel.taking.fact import Stream
from kernel.view.batch.steps import fold, steps, touched
from kernel.view.history.aside import Aside
from kernel.view.view import Key, R, RowId, View


class Past:
    """The rows that these views have after the events taken so far: all that concern the rows asked for."""

    def __init__(self, views: Iterable[View[Any]], aside: Aside) -> None:
        """`aside`: what the live versions have parked or dropped, and so do not show."""
        self._views, self.aside = tuple(views), aside
        self._parts: dict[str, dict[Key, dict[int, Any]]] = {view.name: {} for view in self._views}
        self._blocked: dict[str, set[Stream]] = {view.name: set() for view in self._views}

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """The next events, in the order of their positions; what a view cannot fold it leaves out with its
        stream, as the worker would."""
        for view in self._views:
            found = steps(view, self._taken(view, arrivals))
            if found:
                parts = self._parts[view.name]
                loaded: dict[RowId, Any] = {}
                for row_id in touched(found):
                    if (row := parts.get(row_id[1], {}).get(row_id[2])) is not None:
                        loaded[row_id] = row
                folded = fold(view, found, loaded, self._blocked[view.name])
                for (_, key, partition), row in folded.rows.items():
                    parts.setdefault(key, {})[partition] = row

    def _taken(self, view: View[Any], arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
        if not (aside := self.aside.get(view.name)):
            return arrivals
        return [one for one in arrivals if (one.service, one.partition, one.position) not in aside]

    def rows(self, view: View[R], keys: Iterable[Key]) -> dict[Key, R]:
        """The rows under these keys, each put together from its parts; a key without a row is absent."""
        found: dict[Key, R] = {}
        for key in dict.fromkeys(keys):
            empty = view.empty(key)
            if parts := [row for row in self._parts[view.name].get(key, {}).values() if row != empty]:
                found[key] = view.combined(parts)
        return found

    def every(self, view: View[R]) -> dict[Key, R]:
        """All rows of the view."""
        return self.rows(view, self._parts[view.name])
