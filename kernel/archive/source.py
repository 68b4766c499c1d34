"""An archive as the source of a build: its events first, and after them what the topics have beyond it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID

from kernel.archive.format.files import Unfit
from kernel.archive.format.manifest import Manifest, Part
from kernel.archive.format.reading import opened
from kernel.archive.format.tables import EVENT
from kernel.archive.rows import Group
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.checkpoints import Checkpoint, Head, copy_of
from kernel.view.building.topics import Topics


@dataclass(frozen=True)
class Archived:
    """A Source. Each part is verified before anything is taken of it."""

    folder: Path
    manifest: Manifest
    topics: Topics

    async def left(self, after: Mapping[int, Checkpoint]) -> int:
        """About how many events follow these checkpoints, here and on the topics."""
        beyond = {partition: self._beyond(checkpoint) for partition, checkpoint in after.items()}
        here = sum(
            beyond[partition].head(service).position - checkpoint.head(service).position
            for partition, checkpoint in after.items()
            for service, _ in self.topics.names.values()
        )
        return here + await self.topics.left(beyond)

    async def batches(
        self, partition: int, reading: Reading, after: Checkpoint
    ) -> AsyncIterator[list[Arrival]]:
        """Everything of the partition after these heads; raises Unfit, KafkaError."""
        for service, generation in self.topics.names.values():
            if last := self._last(service, partition):
                await self._refuse_another(service, last)
                for group in self._groups(service, partition, after.head(service).position):
                    # Without a name here: the next group's rows are made when these are gone.
                    yield cast("list[Arrival]", group.rows(reading, generation, after.head(service).position))
        async for arrivals in self.topics.batches(partition, reading, self._beyond(after)):
            yield arrivals

    def _last(self, service: str, partition: int) -> Part | None:
        log = self.manifest.services.get(service)
        return log.ends.get(partition) if log else None

    def _groups(self, service: str, partition: int, after: int) -> Iterator[Group]:
        for part in self.manifest.services[service].of(partition):
            if part.last > after:
                file, position = opened(self.folder, part, EVENT, ("type",)), part.first
                for number in range(file.num_row_groups):
                    rows = file.metadata.row_group(number).num_rows
                    if position + rows > after + 1:
                        yield Group(file, number, service, partition, position)
                    position += rows

    def _beyond(self, after: Checkpoint) -> Checkpoint:
        """The same once the archive was taken."""
        beyond = copy_of(after)
        for service, generation in self.topics.names.values():
            last = self._last(service, after.partition)
            if last and last.last > after.head(service).position:
                # A position lies at no smaller an offset; what comes again from there on is dropped.
                beyond.heads[service] = Head(generation, last.last, last.last - 1, UUID(last.last_id))
        return beyond

    async def _refuse_another(self, service: str, last: Part) -> None:
        """Raises Unfit where the topic has another event at the archive's end, or none."""
        found = await self.topics.event_at(service, last.partition, last.last)
        if found != UUID(last.last_id):
            raise Unfit(
                f"the archive is not of this log: the topic of {service} holds "
                f"{f'event {found}' if found else 'nothing'} at position {last.last} of partition "
                f"{last.partition}, not event {last.last_id}."
            )
