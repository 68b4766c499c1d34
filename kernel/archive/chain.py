"""One partition of an archive as a chain: each event must be the one that follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel.archive.format.columns import fixed, numbers
from kernel.archive.format.files import Unfit
from kernel.archive.format.manifest import Part
from kernel.log.partitions import partition_of

NEEDS = (
    "position",
    "partition",
    "org_id",
    "stream_id",
    "partition_key",
    "version",
    "event_id",
    "recorded_at",
)

Stream = tuple[bytes, bytes]


class Chain:
    """What is known of a partition after the events that were taken."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._position = 0
        self._recorded = -(2**63)
        self._versions: dict[Stream, tuple[int, bytes]] | None = {}
        """Of each stream its version and partition key; None once a part was skipped."""

    def begin(self, part: Part) -> None:
        """Raises Unfit where the part is not the next one."""
        if (part.partition, part.first) != (self._partition, self._position + 1):
            raise Unfit(f"{part.file} begins at position {part.first}; {self._position + 1} must follow.")
        if part.rows != part.last - part.first + 1:
            raise Unfit(f"{part.file} holds {part.rows} events for positions {part.first} to {part.last}.")

    def skip(self, part: Part) -> None:
        """Goes on behind a part that is not fit: of what is in it nothing is known."""
        self._position, self._versions = part.last, None

    def take(self, part: Part, batch: Any) -> None:
        """The next events of the part; raises Unfit at the first that cannot follow."""
        column = batch.column
        orgs, streams, keys = (_wide(column(name)) for name in ("org_id", "stream_id", "partition_key"))
        rows = zip(
            numbers(column("position")),
            numbers(column("partition")),
            numbers(column("recorded_at")),
            zip(orgs, streams, strict=True),
            keys,
            numbers(column("version")),
            _wide(column("event_id")),
            strict=True,
        )
        for position, partition, recorded, stream, key, version, event_id in rows:
            self._position += 1
            if position != self._position:
                raise self._unfit(part, f"it holds position {position} there.")
            if partition != self._partition:
                raise self._unfit(part, f"event {UUID(bytes=event_id)} belongs to another partition.")
            if recorded < self._recorded:
                raise self._unfit(
                    part, f"event {UUID(bytes=event_id)} was recorded before the one before it."
                )
            self._recorded = recorded
            if self._versions is not None:
                self._follow(part, self._versions, stream, key, version)

    def _follow(
        self, part: Part, versions: dict[Stream, tuple[int, bytes]], stream: Stream, key: bytes, version: int
    ) -> None:
        before, known = versions.get(stream, (0, key))
        if key != known or (not before and partition_of(UUID(bytes=key)) != self._partition):
            raise self._unfit(part, f"stream {UUID(bytes=stream[1])} belongs to another partition.")
        if version != before + 1:
            raise self._unfit(
                part, f"version {version} of stream {UUID(bytes=stream[1])} follows {before} there."
            )
        versions[stream] = version, key

    def _unfit(self, part: Part, what: str) -> Unfit:
        return Unfit(f"{part.file}, position {self._position}: {what}")

    def end(self, part: Part, last_id: bytes | None) -> None:
        """Raises Unfit where the part did not end as the manifest says."""
        if self._position != part.last or last_id != UUID(part.last_id).bytes:
            raise Unfit(f"{part.file} does not end with event {part.last_id} at position {part.last}.")


def _wide(array: Any) -> list[bytes]:
    """Values of 16 bytes."""
    content = fixed(array)
    return [content[at : at + 16] for at in range(0, len(content), 16)]
