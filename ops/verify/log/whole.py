"""Callers whose journal names every command: all their events are accounted for, or something acted twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from ops.acks import Ack, Note
from ops.verify.report import Report

Caller = tuple[UUID, str]

EVENTS = """
SELECT e.org_id, e.actor, e.event_id, e.stream_id, e.version, e.type FROM event e
JOIN unnest($1::uuid[], $2::text[]) AS c (org_id, caller) ON e.org_id = c.org_id AND e.actor = c.caller"""

# What the service says to a repeat of the key is what the command did.
STORED = """
SELECT e.event_id
FROM answer a
JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS m (org_id, caller, key)
    ON a.org_id = m.org_id AND a.caller = m.caller AND a.key = m.key
CROSS JOIN LATERAL json_to_recordset(a.streams) AS s (id uuid, first int, last int)
JOIN event e ON e.org_id = a.org_id AND e.stream_id = s.id AND e.version BETWEEN s.first AND s.last"""


class Whole:
    """What such callers sent, and what they know came of it."""

    def __init__(self) -> None:
        self._open: defaultdict[Caller, set[str]] = defaultdict(set)
        self._known: defaultdict[Caller, set[UUID]] = defaultdict(set)

    def sent(self, note: Note) -> None:
        """From now on the caller is one who notes all."""
        self._open[note.org, note.caller].add(note.key)

    def refused(self, note: Note) -> None:
        self._open[note.org, note.caller].discard(note.key)

    def answered(self, ack: Ack) -> None:
        """Of no use where nothing was noted of the caller before."""
        if (caller := (ack.org, ack.caller)) in self._open:
            self._known[caller].update(ack.events)
            self._open[caller].discard(ack.key or "")

    async def check(self, db: asyncpg.Pool, report: Report) -> None:
        """Counts what is still open as `maybe`; it may have acted once, as its stored answer says."""
        maybe = [(*caller, key) for caller, keys in self._open.items() for key in keys]
        report.figures["maybe"] += len(maybe)
        accounted = {row["event_id"] for row in await db.fetch(STORED, *_columns(maybe, 3))}
        for row in await db.fetch(EVENTS, *_columns(list(self._open), 2)):
            event_id, caller = row["event_id"], (row["org_id"], row["actor"])
            if event_id not in self._known[caller] and event_id not in accounted:
                where = {"org": str(row["org_id"]), "stream": str(row["stream_id"])}
                report.add("doubled", **where, version=row["version"], type=row["type"], event=str(event_id))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [[row[n] for row in rows] for n in range(width)]
