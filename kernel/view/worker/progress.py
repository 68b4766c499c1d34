"""How far the views of one worker are, as its operator sees it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel.metrics import (
    CONSUMER_ERRORS,
    VIEW_APPLIED,
    VIEW_GAPS,
    VIEW_LAG_EVENTS,
    VIEW_LAG_SECONDS,
    VIEW_PARKED,
)
from kernel.taking.applied import Applied
from kernel.taking.checkpoints import Checkpoint, Checkpoints, Place
from kernel.taking.gaps import Gaps
from kernel.taking.watching import Followed, Watch
from kernel.view.view import View
from kernel.web.operational import Readiness

LOG = logging.getLogger(__name__)


HORIZONS = "horizons"
"""What of a worker's troubles keeps no record from being taken."""
NOTABLE_LAG = 10.0
"""Seconds for which a record has waited, above which it is worth telling."""


@dataclass
class Progress:
    """The checkpoints of this worker's places as it last saw them, and where their topics end."""

    views: Sequence[View[Any]]
    heads: dict[str, dict[int, Checkpoint]] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)
    seen_at: float = field(default_factory=time.monotonic)
    gaps: Gaps = field(default_factory=Gaps)
    trouble: dict[str, str] = field(default_factory=dict)
    """What is away now, by name."""
    _knows_ends: bool = False

    def begin(self) -> None:
        """A new consumer begins."""
        self.seen_at = time.monotonic()
        self.watch.begin()

    def enter(
        self,
        views: Sequence[View[Any]],
        heads: Mapping[str, Mapping[int, Checkpoint]],
        places: Iterable[Place],
    ) -> None:
        """These places are ours from now on, for these versions, at these checkpoints."""
        self.views = views
        self.heads = {table: dict(found) for table, found in heads.items()}
        self.watch.ends = {place: self.watch.ends.get(place, 0) for place in places}
        self.trouble.pop("database", None)

    def fetched(self, first: Mapping[Place, tuple[int, float]], ends: Mapping[Place, int]) -> None:
        """A batch is in hand: offset and time of the first record of each place, and where its topic ends."""
        self.watch.ends.update(ends)
        self.watch.fetched(self._followed(), first)

    def took(self, applied: Mapping[str, Applied]) -> None:
        """The batch was taken."""
        self.trouble.pop("database", None)
        for table, result in applied.items():
            self.heads[table].update(result.checkpoints)
            VIEW_APPLIED.labels(table).inc(result.applied)
            if result.parked:
                LOG.error("events parked", extra={"view": table, "parked": result.parked})

    def seen(self, found: Mapping[str, Mapping[int, Checkpoint]]) -> None:
        """The checkpoints as the database has them; one that this worker has moved since stays as it is."""
        for table, there in found.items():
            known = self.heads.get(table, {})
            known.update({n: one for n, one in there.items() if n in known and known[n].heads == one.heads})

    def reached_kafka(self, ends: Mapping[Place, int]) -> None:
        """Kafka answered where its topics end."""
        self.seen_at = time.monotonic()
        self.watch.ends.update(ends)
        held_up = bool(self.trouble.keys() - {HORIZONS} or self.gaps.places)
        self.watch.looked(self._followed(), held_up)
        self._knows_ends = True
        self.trouble.pop("kafka", None)

    def stands_still(self, seconds: float) -> bool:
        """Whether Kafka did not answer for so long, or records that are there did not come."""
        return time.monotonic() - self.seen_at > seconds or self.watch.stuck(seconds)

    def gap(self, table: str, places: Iterable[Place]) -> None:
        """The next record was missing."""
        for service, partition in places:
            VIEW_GAPS.labels(table).inc()
            LOG.error("gap", extra={"view": table, "service": service, "partition": partition})

    def failed(self, what: str, error: BaseException) -> None:
        """Something that the worker needs is away; it goes on trying. A line for each try, frames once."""
        CONSUMER_ERRORS.labels("views").inc()
        reason = type(error).__name__
        first = what not in self.trouble
        LOG.warning("%s away", what, extra={"reason": reason}, exc_info=error if first else None)
        self.trouble[what] = reason

    def lag(self, view: View[Any]) -> int:
        """How many records of this worker's places the view has yet to take."""
        return self.watch.lag(view, self._heads(view))

    def parked(self, view: View[Any]) -> int:
        """How many events of this worker's partitions the view has set aside."""
        heads = self._heads(view)
        return sum(heads[n].parked for n in {partition for _, partition in self.watch.ends} if n in heads)

    def positions(self) -> dict[tuple[str, str, int], int]:
        """How far each version is at each of this worker's places: table, service, partition → position."""
        return {
            (view.table_name, service, partition): self._heads(view)[partition].head(service).position
            for view in self.views
            for service, partition in self.watch.ends
            if service in view.services and partition in self._heads(view)
        }

    def _heads(self, view: View[Any]) -> Checkpoints:
        return self.heads.get(view.table_name, {})

    def _followed(self) -> Followed:
        return [(view, self._heads(view)) for view in self.views]

    def measure(self) -> None:
        """Brings the gauges up to date; what is not known yet, or not followed any more, has none."""
        for gauge in (VIEW_LAG_EVENTS, VIEW_LAG_SECONDS, VIEW_PARKED):
            gauge.clear()
        for view in self.views if self._knows_ends else ():
            table = view.table_name
            VIEW_LAG_EVENTS.labels(table).set(self.lag(view))
            VIEW_LAG_SECONDS.labels(table).set(self.watch.age(view, self._heads(view)))
            VIEW_PARKED.labels(table).set(self.parked(view))

    async def readiness(self) -> Readiness:
        """A worker is never unready: queries do not need it. What is away is `degraded`."""
        self.measure()
        degraded = {what: f"away: {error}" for what, error in self.trouble.items()}
        if gaps := [f"{service} {partition}" for service, partition in self.gaps.places]:
            degraded["gap"] = f"a record is missing: {', '.join(gaps)}"
        lag = {view.name: self.lag(view) for view in self.views}
        late = max((self.watch.age(view, self._heads(view)) for view in self.views), default=0.0)
        if self._knows_ends and late > NOTABLE_LAG:
            degraded["lag"] = f"up to {max(lag.values()):,} records wait, the oldest for {late:.0f} s"
        parked = {view.name: self.parked(view) for view in self.views}
        return Readiness(degraded=degraded, details={"lag": lag, "parked": parked})
