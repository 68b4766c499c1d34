"""One partition of a service's event table, as the records that it must be on the topic."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from kernel.log.envelope import Envelope, write

PAGE = 500

ABSENT, STORED, PUBLISHED, OTHERWISE = 0, 1, 2, 4
"""What is known of a position: it has a row, its record came, its event came with other bytes."""

ReadPage = Callable[[int, int], Awaitable[list[tuple[int, Envelope]]]]
"""(after, limit) → rows of the partition, ascending."""


class Row(NamedTuple):
    """One event as its record must be."""

    event_id: UUID
    key: bytes
    value: bytes


class Rows:
    """Reads the partition in order, a page at a time; what came by before is read again when asked for."""

    def __init__(self, read: ReadPage, last: int) -> None:
        self.last = last
        """The last position that is looked at: what is appended later may or may not be there."""
        self.flags = bytearray(last + 1)
        self.window: dict[int, Row] = {}
        self._again: dict[int, Row] = {}
        self._read = read
        self._read_to = 0

    async def at(self, position: int) -> Row | None:
        """The row of a position."""
        if not 0 < position <= self.last:
            return None
        while position > self._read_to:
            await self.advance()
        if position in self.window:
            return self.window[position]
        if self.flags[position] and position not in self._again:
            self._again = await self._page(position - 1)
        return self._again.get(position) if self.flags[position] else None

    async def advance(self) -> int:
        """Reads the next page; how many rows it has. Nothing more is left once `done`."""
        self.window = await self._page(self._read_to)
        for position in self.window:
            self.flags[position] |= STORED
        self._read_to = max(self.window, default=self.last) if len(self.window) == PAGE else self.last
        return len(self.window)

    @property
    def done(self) -> bool:
        return self._read_to >= self.last

    async def _page(self, after: int) -> dict[int, Row]:
        found = await self._read(after, PAGE)
        return {
            position: Row(fact.event_id, str(fact.partition_key).encode("ascii"), write(fact))
            for position, fact in found
            if position <= self.last
        }

    def positions(self, flag: int, up_to: int) -> Iterator[int]:
        """The positions, ascending, of which exactly this is known."""
        sought, position = bytes([flag]), 0
        while (position := self.flags.find(sought, position + 1, min(up_to, self.last) + 1)) > 0:
            yield position
