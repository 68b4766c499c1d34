"""An archive of a log that no store holds: written from envelopes, as files like those of an export."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from bench.workers import Workers
from kernel.archive.format import manifest as manifests
from kernel.archive.format import writing
from kernel.archive.format.manifest import Log, Manifest, Part
from kernel.archive.format.tables import BESIDE, EVENT
from kernel.archive.format.writing import Writing
from kernel.archive.stored import PART_ROWS
from kernel.log.envelope import read
from kernel.log.partitions import PARTITIONS
from kernel.log.topics import topic
from kernel.settings import SERVICES, Settings
from kernel.taking.arrivals import Reading
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.generations import FIRST
from kernel.view.building.topics import opened

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Place = tuple[str, int]
"""Service, partition."""


def archived_topics(settings: Settings, workers: Workers, folder: Path) -> None:
    """Writes all that the topics hold, by one process."""
    workers.run(partial(_archived_topics, settings, folder))


def _archived_topics(settings: Settings, folder: Path) -> None:
    asyncio.run(_archived(settings, folder))


async def _archived(settings: Settings, folder: Path) -> None:
    reading, parts = Reading(()), dict[str, list[Part]]()
    names = {topic(settings, service, FIRST): (service, FIRST) for service in SERVICES}
    async with opened(settings, names) as topics:
        for partition in range(PARTITIONS):
            found: dict[Place, list[bytes]] = {}
            async for arrivals in topics.batches(partition, reading, Checkpoint(partition)):
                for arrival in arrivals:
                    found.setdefault((arrival.service, partition), []).append(arrival.raw)
            _write(folder, found, parts)
    _conclude(folder, parts)


def archived(folder: Path, events: Mapping[Place, Sequence[bytes]], most: int = PART_ROWS) -> Manifest:
    """Writes the envelopes of each place, in order, as parts of `most` events."""
    parts: dict[str, list[Part]] = {}
    _write(folder, events, parts, most)
    return _conclude(folder, parts)


def _write(
    folder: Path,
    events: Mapping[Place, Sequence[bytes]],
    parts: dict[str, list[Part]],
    most: int = PART_ROWS,
) -> None:
    for (service, partition), found in sorted(events.items()):
        for begin in range(0, len(found), most):
            rows = [row_of(raw, partition) for raw in found[begin : begin + most]]
            parts.setdefault(service, []).append(_part(folder, service, partition, rows))


def _conclude(folder: Path, parts: Mapping[str, Sequence[Part]]) -> Manifest:
    logs = {service: Log(tuple(mine), _beside(folder, service)) for service, mine in parts.items()}
    made = Manifest(number=1, keys={}, services=logs)
    manifests.write(folder, made)
    return made


def _part(folder: Path, service: str, partition: int, rows: Sequence[Sequence[Any]]) -> Part:
    first = rows[0][0]
    with Writing(folder, f"{service}/{partition:02}/{first:012}.parquet", EVENT) as file:
        for begin in range(0, len(rows), writing.GROUP_ROWS):
            file.add(rows[begin : begin + writing.GROUP_ROWS])
        made = msgspec.structs.asdict(file.finished())
    last = rows[-1]
    last_id = str(UUID(bytes=last[list(EVENT.columns).index("event_id")]))
    return Part(**made, partition=partition, first=first, last=last[0], last_id=last_id)


def _beside(folder: Path, service: str) -> dict[str, Any]:
    """Nothing lies beside the events."""
    found = {}
    for table in BESIDE:
        with Writing(folder, f"{service}/{table.name}-1.parquet", table) as file:
            found[table.name] = file.finished()
    return found


def row_of(raw: bytes, partition: int) -> Sequence[Any]:
    """An event as it comes out of the store, made of what travelled."""
    envelope = read(raw)
    given = {
        "partition": partition,
        "kind": "made",
        "type": envelope.type.rsplit(".", 1)[1],
        "data": bytes(envelope.data),
    }
    return [
        _travels(given[name] if name in given else getattr(envelope, name), kind)
        for name, kind in EVENT.columns.items()
    ]


def _travels(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "uuid":
        return value.bytes
    return (value - EPOCH) // MICROSECOND if kind == "timestamptz" else value
