"""What the oracle found: figures that inform, faults that must be zero, and the first of each fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = 5
"""How many of each kind of fault are shown."""

SERVICE_FIGURES = {
    "acknowledged": "answers in the callers' journals",
    "maybe": "commands sent and never answered: what came of them is not known to their callers",
    "answers": "commands whose answer the service keeps",
    "rows": "events in the table",
    "distinct_ids": "distinct events on the topic",
    "repeats": "records that came again, byte for byte; harmless",
    "waiting": "events that the relay had not yet published",
}
SERVICE_FAULTS = {
    "lost": "acknowledged, but the event table has no such event",
    "forgotten": "acknowledged in the last 29 days, but the service keeps no answer for the key",
    "doubled": "events of a caller that notes all its commands, of which none accounts for them",
    "answers_without_events": "the service keeps the answer, but not its events",
    "gaps": "positions or versions without an event",
    "inversions": "events of one stream out of order, in the table or on the topic",
    "time_inversions": "events recorded before the one that precedes them in their partition",
    "disorder": "records that first came after a later one of their partition",
    "duplicates": "ids that came again with other bytes",
    "position_conflicts": "positions with a second id",
    "missing": "published, but not on the topic",
    "unknown": "on the topic, but not in the event table",
    "different": "events that are otherwise on the topic than in the table",
    "unreadable": "records that are no event",
}
VIEW_FIGURES = {
    "rows": "rows in the table",
    "behind": "events that the view had not yet taken",
    "dropped": "events that an operator dropped from the view after it had parked them",
}
VIEW_FAULTS = {
    "different": "rows that differ from the fold of the log",
    "only_in_view": "rows that the fold does not give",
    "only_in_fold": "rows that the view lacks",
    "terms": "search terms that the view lacks, or has beside its rows",
    "parked": "events that the view could not take",
    "unfoldable": "events that the fold does not take, and that are not parked",
    "ahead": "partitions in which the view has come further than the log",
}


@dataclass
class Report:
    """The figures and faults of one service or view."""

    name: str
    figures: dict[str, int]
    faults: dict[str, int]
    first: list[dict[str, Any]] = field(default_factory=list)

    def add(self, fault: str, **where: Any) -> dict[str, Any] | None:
        """One fault more; the first few are kept with their place, and given back for more to be said."""
        self.faults[fault] += 1
        if self.faults[fault] > SHOWN:
            return None
        self.first.append({"fault": fault, **where})
        return self.first[-1]

    @property
    def ok(self) -> bool:
        return not any(self.faults.values())

    def document(self) -> dict[str, Any]:
        return {**self.figures, **self.faults, "first": self.first}


def service_report(service: str) -> Report:
    return Report(service, dict.fromkeys(SERVICE_FIGURES, 0), dict.fromkeys(SERVICE_FAULTS, 0))


def view_report(table: str) -> Report:
    return Report(table, dict.fromkeys(VIEW_FIGURES, 0), dict.fromkeys(VIEW_FAULTS, 0))


@dataclass
class Verdict:
    """All of it."""

    services: list[Report]
    views: list[Report]
    seconds: float

    @property
    def ok(self) -> bool:
        return all(report.ok for report in [*self.services, *self.views])

    def document(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "services": _documents(self.services),
            "views": _documents(self.views),
            "seconds": round(self.seconds, 2),
        }

    def line(self) -> str:
        """The verdict in one line."""
        faults = sum(sum(report.faults.values()) for report in [*self.services, *self.views])
        events = sum(report.figures["rows"] for report in self.services)
        rows = sum(report.figures["rows"] for report in self.views)
        told = sum(report.figures["acknowledged"] for report in self.services)
        words = "nothing differs" if self.ok else f"{faults:,} faults"
        counted = f"{told:,} acknowledged, {events:,} events, {rows:,} rows of views"
        return f"verify: {words}: {counted}, {self.seconds:.1f} s"


def _documents(reports: list[Report]) -> Mapping[str, Any]:
    return {report.name: report.document() for report in reports}
