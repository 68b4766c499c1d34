"""An archive of a log that no store holds: written from envelopes, as files like those of an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kernel.archive import manifest as manifests
from kernel.archive.manifest import Log, Manifest, Part
from kernel.archive.tables import BESIDE, EVENT
from kernel.archive.writing import Writing
from kernel.log.envelope import read

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Place = tuple[str, int]
"""Service, partition."""


def archived(folder: Path, events: Mapping[Place, Iterable[bytes]], most: int = 250_000) -> Manifest:
    """Writes the envelopes of each place, in order, as parts of `most` events."""
    parts: dict[str, list[Part]] = {}
    for (service, partition), found in sorted(events.items()):
        parts.setdefault(service, [])
        rows: list[Sequence[Any]] = []
        for raw in found:
            rows.append(row_of(raw, partition))
            if len(rows) == most:
                parts[service].append(_part(folder, service, partition, rows))
                rows = []
        if rows:
            parts[service].append(_part(folder, service, partition, rows))
    logs = {service: Log(tuple(mine), _beside(folder, service)) for service, mine in parts.items()}
    made = Manifest(number=1, keys={}, services=logs)
    manifests.write(folder, made)
    return made


def _part(folder: Path, service: str, partition: int, rows: Sequence[Sequence[Any]]) -> Part:
    first = rows[0][0]
    with Writing(folder, f"{service}/{partition:02}/{first:012}.parquet", EVENT) as file:
        for begin in range(0, len(rows), 2_000):
            file.add(rows[begin : begin + 2_000])
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
