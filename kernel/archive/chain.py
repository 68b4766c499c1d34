"""One partition of an archive as a chain: each event must be the one that follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pyarrow as pa

from kernel.archive.files import Unfit
from kernel.archive.manifest import Part
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


class Chain:
    """What is known of a partition after the events that were taken."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._position = 0
        self._recorded = -(2**63)
        self._versions: dict[tuple[bytes, bytes], int] | None = {}

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
        columns = [batch.column(name) for name in NEEDS]
        columns[-1] = columns[-1].cast(pa.int64())
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            position, partition, org_id, stream_id, partition_key, version, event_id, recorded = row
            self._position += 1
            where = f"{part.file}, position {self._position}:"
            if position != self._position:
                raise Unfit(f"{where} it holds position {position} there.")
            if partition != self._partition or partition_of(UUID(bytes=partition_key)) != partition:
                raise Unfit(f"{where} event {UUID(bytes=event_id)} belongs to another partition.")
            if recorded < self._recorded:
                raise Unfit(f"{where} event {UUID(bytes=event_id)} was recorded before the one before it.")
            self._recorded = recorded
            if self._versions is not None:
                stream = org_id, stream_id
                known = self._versions.get(stream, 0)
                if version != known + 1:
                    raise Unfit(
                        f"{where} version {version} of stream {UUID(bytes=stream_id)} follows {known} there."
                    )
                self._versions[stream] = version

    def end(self, part: Part, last_id: bytes | None) -> None:
        """Raises Unfit where the part did not end as the manifest says."""
        if self._position != part.last or last_id != UUID(part.last_id).bytes:
            raise Unfit(f"{part.file} does not end with event {part.last_id} at position {part.last}.")
