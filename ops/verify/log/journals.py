"""The callers' journals beside the event table and the stored answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kernel.settings import Settings
from kernel.vault.keys import token_key
from kernel.web.positions import Positions, open_positions
from kernel.web.problems import Problem
from ops.acks import Ack, Note, read_line
from ops.errors import CannotRun
from ops.verify.log import store
from ops.verify.log.whole import Whole
from ops.verify.report import Report

MANY = 5000

# The stream's events up to the version that was told, as many as the answer named. An answer is kept for
# 30 days; one that may just have been forgotten is not asked for.
FIND = """
SELECT e.partition, e.position,
    ARRAY(
        SELECT one.event_id FROM event one
        WHERE one.org_id = a.org_id AND one.stream_id = a.stream_id
            AND one.version BETWEEN a.version - a.events + 1 AND a.version
    ) AS events,
    a.key IS NOT NULL AND w.key IS NULL AND e.recorded_at > now() - interval '29 days' AS forgotten
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::text[], $6::text[]) WITH ORDINALITY
    AS a (org_id, stream_id, version, events, caller, key, n)
LEFT JOIN event e ON e.org_id = a.org_id AND e.stream_id = a.stream_id AND e.version = a.version
LEFT JOIN answer w ON w.org_id = a.org_id AND w.caller = a.caller AND w.key = a.key
ORDER BY a.n"""


def read(path: Path) -> Iterator[Ack | Note]:
    """The lines of a journal as it is now; a last line without its end is still being written."""
    number = 0
    try:
        with path.open("rb") as file:
            left = path.stat().st_size
            for line in file:
                number += 1
                left -= len(line)
                if left < 0 or not line.endswith(b"\n"):
                    return
                yield read_line(line)
    except OSError as error:
        raise CannotRun(f"the journal {path} cannot be read: {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise CannotRun(f"line {number} of {path} is no acknowledgement: {error}.") from error


class Witness:
    """Compares one service's acknowledgements with what it has."""

    def __init__(self, settings: Settings, db: asyncpg.Pool, report: Report) -> None:
        self._token_key = token_key(settings.keys)
        self._db, self._report = db, report
        self._whole = Whole()

    async def hear(self, path: Path) -> None:
        """Every line of a journal that names this service."""
        mine = self._accepted(line for line in read(path) if line.service == self._report.name)
        while acks := list(islice(mine, MANY)):
            await self._compare(acks)

    def _accepted(self, lines: Iterator[Ack | Note]) -> Iterator[Ack]:
        """The answers; what was sent and refused is kept for the end."""
        for line in lines:
            if isinstance(line, Ack):
                self._whole.answered(line)
                yield line
            elif line.told == "sent":
                self._whole.sent(line)
            else:
                self._whole.refused(line)

    async def finish(self) -> None:
        """After the last journal: what was done that no command accounts for."""
        await self._whole.check(self._db, self._report)

    async def _compare(self, acks: Sequence[Ack]) -> None:
        asked = ((ack.org, ack.stream, ack.version, len(ack.events), ack.caller, ack.key) for ack in acks)
        rows = await self._db.fetch(FIND, *zip(*asked, strict=True))
        self._report.figures["acknowledged"] += len(acks)
        elsewhere: dict[UUID, Ack] = {}
        for ack, row in zip(acks, rows, strict=True):
            if why := self._why_lost(ack, row):
                self._report.add("lost", **_where(ack), why=why)
                continue
            if row["forgotten"]:
                self._report.add("forgotten", **_where(ack))
            elsewhere |= dict.fromkeys(set(ack.events).difference(row["events"]), ack)
        await self._look_for(elsewhere)

    def _why_lost(self, ack: Ack, row: asyncpg.Record) -> str | None:
        if row["position"] is None:
            return "there is no such version"
        try:
            positions = open_positions(self._token_key, ack.org, ack.position)
        except Problem:
            return "its position cannot be read"
        told = _furthest(positions, self._report.name, row["partition"])
        return None if told >= row["position"] else f"it is at position {row['position']}, not {told}"

    async def _look_for(self, events: dict[UUID, Ack]) -> None:
        """Events that are not in the stream that the answer named: a command may write to several."""
        found = await store.locations(self._db, list(events))
        for event_id, ack in events.items():
            if event_id not in found:
                self._report.add("lost", **_where(ack), why=f"there is no event {event_id}")


def _where(ack: Ack) -> dict[str, Any]:
    return {"org": str(ack.org), "stream": str(ack.stream), "version": ack.version}


def _furthest(positions: Positions, service: str, partition: int) -> int:
    return max((at.get(partition, 0) for (name, _), at in positions.items() if name == service), default=0)
