"""Whether an archive is whole and one log without gap: what `log check` tells and `log import` asks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

from kernel.archive.chain import NEEDS, Chain
from kernel.archive.format import manifest as manifests
from kernel.archive.format.files import Progress, Unfit
from kernel.archive.format.manifest import File, Log, Manifest, Part
from kernel.archive.format.reading import groups
from kernel.archive.format.tables import BESIDE, EVENT, PERSON_KEY, Table
from kernel.archive.leftovers import is_leftover, strangers
from kernel.vault.sealing import KEY_ID

MOST_SHOWN = 5
"""Of the ids that several events share."""


@dataclass
class Checked:
    """What was found."""

    manifest: Manifest
    faults: list[str] = field(default_factory=list)
    """Sentences, each about one file or one place in it."""
    leftovers: list[str] = field(default_factory=list)
    """Files that an export which runs, or was broken off, has beside the archive: no part of it."""
    key_ids: set[bytes] = field(default_factory=set)
    """Of the persons' keys under which its values are sealed."""


def check(folder: Path, services: Sequence[str] | None, tell: Progress) -> Checked:
    """Reads all of an archive, or what it has of some services; raises Unfit where it is none."""
    checked = Checked(manifests.read(folder))
    for name in strangers(folder, checked.manifest):
        if is_leftover(name):
            checked.leftovers.append(name)
        else:
            checked.faults.append(f"{name} is not of this archive.")
    for service, log in checked.manifest.services.items():
        if services is None or service in services:
            _check_tables(folder, service, log, checked)
            _check_events(folder, service, log, checked, tell)
    if checked.manifest.vault is not None:
        _check_file(folder, checked.manifest.vault, PERSON_KEY, checked)
    return checked


def _check_tables(folder: Path, service: str, log: Log, checked: Checked) -> None:
    for table in BESIDE:
        if file := log.tables.get(table.name):
            _check_file(folder, file, table, checked)
        else:
            checked.faults.append(f"it holds no {table.name} of {service}.")


def _check_file(folder: Path, file: File, table: Table, checked: Checked) -> None:
    try:
        for _ in groups(folder, file, table):
            pass
    except Unfit as unfit:
        checked.faults.append(str(unfit))


def _check_events(folder: Path, service: str, log: Log, checked: Checked, tell: Progress) -> None:
    ids: list[Any] = []
    tell("checked", service, 0, log.events)
    for partition in log.ends:
        chain = Chain(partition)
        for part in log.of(partition):
            try:
                _check_part(folder, part, chain, ids, checked)
            except Unfit as unfit:
                checked.faults.append(str(unfit))
                chain.skip(part)
            tell("checked", service, sum(map(len, ids)), log.events)
    for event_id in _shared(ids):
        checked.faults.append(f"several events of {service} have the id {event_id}.")


def _check_part(folder: Path, part: Part, chain: Chain, ids: list[Any], checked: Checked) -> None:
    chain.begin(part)
    last_id = None
    for batch in groups(folder, part, EVENT, (*NEEDS, "personal")):
        chain.take(part, batch)
        ids.append(batch.column("event_id"))
        last_id = ids[-1][-1].as_py()
        sealed_by = pc.unique(pc.binary_slice(batch.column("personal"), KEY_ID.start, KEY_ID.stop))
        checked.key_ids |= set(sealed_by.drop_null().to_pylist())
    chain.end(part, last_id)


def _shared(ids: Sequence[Any]) -> list[UUID]:
    """Some of the ids that more than one event has."""
    if not ids:
        return []
    counts = pa.chunked_array(ids).value_counts()
    several = counts.filter(pc.greater(counts.field(1), 1)).field(0)
    return [UUID(bytes=one) for one in several[:MOST_SHOWN].to_pylist()]
