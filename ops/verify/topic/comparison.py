"""One partition of a topic beside the same partition of the event table."""

from __future__ import annotations

from collections.abc import AsyncIterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kernel.log.envelope import Envelope, read
from ops.verify.log.rows import ABSENT, OTHERWISE, PUBLISHED, STORED, Rows
from ops.verify.report import Report
from ops.verify.topic.reading import Published


class Late(NamedTuple):
    """A record that first came after a later one of its partition."""

    org_id: UUID
    stream_id: UUID
    version: int
    position: int
    highest: int
    """The highest position that had come before it."""


class Strange(NamedTuple):
    """A record that is not what the table holds at its position."""

    event_id: UUID
    position: int
    offset: int
    digest: bytes


class Comparison:
    """What becomes known of a partition while its records come by, in the order of their offsets."""

    def __init__(self, report: Report, partition: int, rows: Rows) -> None:
        self.late: list[Late] = []
        self._report, self._partition, self._rows = report, partition, rows
        self._highest = 0
        self._strange: dict[UUID, list[Strange]] = {}

    async def take(self, records: AsyncIterable[Sequence[Published]]) -> None:
        """Looks at every record; most are just the next row."""
        rows = self._rows
        async for batch in records:
            for record in batch:
                row = rows.window.get(self._highest + 1)
                if row is not None and record.value == row.value and record.key == row.key:
                    self._highest += 1
                    rows.flags[self._highest] |= PUBLISHED
                else:
                    await self._look_at(record)

    async def _look_at(self, record: Published) -> None:
        try:
            fact = read(record.value or b"")
            position = fact.position
        except (msgspec.MsgspecError, ValueError):
            self._add("unreadable", offset=record.offset)
            return
        row = await self._rows.at(position)
        if row is not None and record.value == row.value and record.key == row.key:
            self._take_row(fact, position, record.offset)
            return
        digest = blake2b((record.key or b"") + b"\0" + (record.value or b""), digest_size=16).digest()
        former = self._strange.setdefault(fact.event_id, [])
        if any(one.digest == digest for one in former):
            self._report.figures["repeats"] += 1
            return
        former.append(Strange(fact.event_id, position, record.offset, digest))
        if row is not None and row.event_id == fact.event_id:
            self._arrive(fact, position, record.offset, OTHERWISE)

    def _take_row(self, fact: Envelope, position: int, offset: int) -> None:
        if self._rows.flags[position] & PUBLISHED:
            self._report.figures["repeats"] += 1
        else:
            self._arrive(fact, position, offset, PUBLISHED)

    def _arrive(self, fact: Envelope, position: int, offset: int, flag: int) -> None:
        first = not self._rows.flags[position] & (PUBLISHED | OTHERWISE)
        self._rows.flags[position] |= flag
        if first and position < self._highest:
            self.late.append(Late(fact.org_id, fact.stream_id, fact.version, position, self._highest))
            self._add("disorder", offset=offset, position=position, event=str(fact.event_id))
        self._highest = max(self._highest, position)

    async def finish(self, mark: int, stored: dict[UUID, tuple[int, int]]) -> None:
        """What is left to say at the end.

        `mark` is the position up to which the relay said it had published before the topic was opened;
        `stored` is where the table has the strange ids that it has at all: (partition, position).
        """
        while not self._rows.done:
            await self._rows.advance()
        flags, report = self._rows.flags, self._report
        up_to = max(mark, self._highest)
        for position in self._rows.positions(ABSENT, self._rows.last):
            self._add("gaps", position=position)
        for position in self._rows.positions(STORED, up_to):
            row = await self._rows.at(position)
            self._add("missing", position=position, event=str(row and row.event_id))
        self._judge_strange(stored)
        await self._find_conflicts()
        report.figures["rows"] += self._rows.last - flags.count(ABSENT, 1)
        report.figures["distinct_ids"] += sum(
            flags.count(PUBLISHED | flag) for flag in (STORED, STORED | OTHERWISE)
        )
        waiting = self._rows.positions(STORED, self._rows.last)
        report.figures["waiting"] += sum(position > up_to for position in waiting)

    @property
    def strange_ids(self) -> list[UUID]:
        """Ids of records that are not what the table holds at their position."""
        return list(self._strange)

    def _judge_strange(self, stored: dict[UUID, tuple[int, int]]) -> None:
        for event_id, records in self._strange.items():
            where = {"event": str(event_id), "position": records[0].position, "offset": records[0].offset}
            came_right = self._came_right(stored.get(event_id))
            if event_id not in stored:
                self._add("unknown", **where)
            elif not came_right:
                self._add("different", **where)
            if len(records) + came_right > 1:
                self._add("duplicates", **where)
            self._report.figures["distinct_ids"] += not came_right

    def _came_right(self, location: tuple[int, int] | None) -> bool:
        if location is None:
            return False
        partition, position = location
        if partition != self._partition or position > self._rows.last:
            return False
        return bool(self._rows.flags[position] & PUBLISHED)

    async def _find_conflicts(self) -> None:
        ids: dict[int, set[UUID]] = {}
        for records in self._strange.values():
            for record in records:
                ids.setdefault(record.position, set()).add(record.event_id)
        for position, found in sorted(ids.items()):
            row = await self._rows.at(position)
            if row is not None:
                found.add(row.event_id)
            if len(found) > 1:
                self._add("position_conflicts", position=position, events=sorted(map(str, found)))

    def _add(self, fault: str, **where: Any) -> None:
        self._report.add(fault, partition=self._partition, **where)
