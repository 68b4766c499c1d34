"""How far the views of one worker are, as its operator sees it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
from kernel.taking.arrivals import Arrival
from kernel.taking.checkpoints import Checkpoint, Place
from kernel.taking.gaps import Gaps
from kernel.view.view import View
from kernel.web.operational import Readiness

LOG = logging.getLogger(__name__)


@dataclass
class Progress:
    """The checkpoints of this worker's places as it last saw them, and where their topics end."""

    views: Sequence[View[Any]]
    heads: dict[str, dict[int, Checkpoint]] = field(default_factory=dict)
    ends: dict[Place, int] = field(default_factory=dict)
    """The offset after the last record."""
    moved_at: float = field(default_factory=time.monotonic)
    seen_at: float = field(default_factory=time.monotonic)
    gaps: Gaps = field(default_factory=Gaps)
    trouble: dict[str, str] = field(default_factory=dict)
    """What is away now, by name."""
    _recorded: dict[str, datetime] = field(default_factory=dict)

    def begin(self) -> None:
        """A new consumer begins."""
        self.moved_at = self.seen_at = time.monotonic()

    def enter(
        self,
        views: Sequence[View[Any]],
        heads: Mapping[str, Mapping[int, Checkpoint]],
        places: Iterable[Place],
    ) -> None:
        """These places are ours from now on, for these versions, at these checkpoints."""
        self.views = views
        self.heads = {table: dict(found) for table, found in heads.items()}
        self.ends = {place: self.ends.get(place, 0) for place in places}
        self.trouble.pop("database", None)

    def took(self, arrivals: Sequence[Arrival], applied: Mapping[str, Applied]) -> None:
        """A batch was taken."""
        self.moved_at = time.monotonic()
        self.trouble.pop("database", None)
        last = max((a.envelope.recorded_at for a in arrivals if a.envelope), default=None)
        for table, result in applied.items():
            self.heads[table].update(result.checkpoints)
            VIEW_APPLIED.labels(table).inc(result.applied)
            if result.parked:
                LOG.error("events parked", extra={"view": table, "parked": result.parked})
            if last and result.moved:
                self._recorded[table] = last

    def reached_kafka(self, ends: Mapping[Place, int]) -> None:
        """Kafka answered where its topics end."""
        self.seen_at = time.monotonic()
        self.ends.update(ends)
        self.trouble.pop("kafka", None)

    def stands_still(self, seconds: float) -> bool:
        """Whether Kafka did not answer for so long, or records that are there did not come."""
        now = time.monotonic()
        if now - self.seen_at > seconds:
            return True
        late = now - self.moved_at > seconds and not self.trouble and not self.gaps.places
        return late and any(map(self.lag, self.views))

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
        heads = self.heads.get(view.table_name, {})
        return sum(
            max(0, end - 1 - heads[partition].head(service).offset)
            for (service, partition), end in self.ends.items()
            if service in view.services and partition in heads
        )

    def parked(self, view: View[Any]) -> int:
        """How many events of this worker's partitions the view has set aside."""
        heads = self.heads.get(view.table_name, {})
        return sum(heads[n].parked for n in {partition for _, partition in self.ends} if n in heads)

    def measure(self) -> None:
        """Brings the gauges up to date."""
        now = datetime.now(UTC)
        for view in self.views:
            table, lag = view.table_name, self.lag(view)
            VIEW_LAG_EVENTS.labels(table).set(lag)
            age = (now - self._recorded[table]).total_seconds() if lag and table in self._recorded else 0.0
            VIEW_LAG_SECONDS.labels(table).set(age)
            VIEW_PARKED.labels(table).set(self.parked(view))

    async def readiness(self) -> Readiness:
        """A worker is never unready: queries do not need it. What is away is `degraded`."""
        degraded = {what: f"away: {error}" for what, error in self.trouble.items()}
        if gaps := [f"{service} {partition}" for service, partition in self.gaps.places]:
            degraded["gap"] = f"a record is missing: {', '.join(gaps)}"
        lag = {view.name: self.lag(view) for view in self.views}
        parked = {view.name: self.parked(view) for view in self.views}
        return Readiness(degraded=degraded, details={"lag": lag, "parked": parked})
