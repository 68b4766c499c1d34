"""A version filled from an archive and what the topics have beyond it is the fold of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench.rebuilding.archiving import archived
from kernel.archive.format import writing
from kernel.archive.format.files import Unfit
from kernel.archive.format.manifest import Manifest
from kernel.archive.source import Archived
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from kernel.taking import checkpoints, generations
from kernel.taking.arrivals import Reading
from kernel.taking.checkpoints import Checkpoint
from kernel.taking.fact import Fact
from kernel.view.building import filling
from kernel.view.building.build import build
from kernel.view.building.topics import Topics, opened
from kernel.view.view import View
from tests.folding import fold_all
from tests.kernel.view.building.test_build import beside, each_view
from tests.kernel.view.building.test_build import built as built_from_topics
from tests.kernel.view.conftest import pool, rows_of
from tests.parcels.events import ParcelSeen, ParcelWeighed
from tests.parcels.log import Log, publish
from tests.parcels.posting import AT, some_parcels
from tests.parcels.views import PARCEL, POISON

__all__ = ["pool"]


def archive_of(facts: Sequence[Fact[Any]], folder: Path, most: int = 9) -> Manifest:
    records = defaultdict(list)
    for fact in facts:
        records[fact.service, fact.partition].append(fact.raw)
    return archived(folder, records, most)


async def built(
    settings: Settings,
    pool: asyncpg.Pool,
    view: View[Any],
    folder: Path,
    manifest: Manifest,
    most: int = 10**9,
) -> int:
    """How many events it took, or where it was broken off behind `most` of them."""
    taken: list[int] = []

    async def tell(records: int) -> None:
        taken.append(records)
        if sum(taken) > most:
            raise KeyboardInterrupt

    async with opened(settings, await generations.topics(pool, settings, view.services)) as topics:
        source = Archived(folder, manifest, topics)
        heads = (await checkpoints.every(pool, [view]))[view.taker]
        left = await source.left(heads)
        await build(pool, view, None, source, range(PARTITIONS), tell)
    assert sum(taken) == left
    return sum(taken)


@each_view
async def test_archive_and_tail_together_are_the_fold_of_the_log(
    settings: Settings, pool: asyncpg.Pool, view: View[Any], tmp_path: Path
) -> None:
    log = some_parcels(150)
    await publish(settings, log.facts)
    manifest = archive_of(log.facts[:400], tmp_path)
    second = await beside(settings, view)
    assert await built(settings, pool, second, tmp_path, manifest) == 600
    assert await rows_of(pool, second) == fold_all(view, log.facts)


async def test_what_the_archive_holds_is_not_read_from_the_topics(
    settings: Settings, pool: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, read, from_topics = some_parcels(150), Reading.read, []

    def counting(self: Reading, *place: Any) -> Any:
        from_topics.append(place)
        return read(self, *place)

    monkeypatch.setattr(Reading, "read", counting)
    await publish(settings, log.facts)
    manifest = archive_of(log.facts[:580], tmp_path)
    await built(settings, pool, await beside(settings, PARCEL), tmp_path, manifest)
    assert len(from_topics) == 20


@each_view
async def test_a_build_goes_on_in_the_archive_and_behind_it(
    settings: Settings, pool: asyncpg.Pool, view: View[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST_EVENTS", 4)
    monkeypatch.setattr(writing, "GROUP_ROWS", 4)
    monkeypatch.setattr("kernel.view.building.topics.RECORDS_AT_ONCE", 3)
    log = some_parcels(200)
    await publish(settings, [*log.facts, *log.facts[:50]])
    manifest = archive_of(log.facts[:500], tmp_path, most=30)
    second = await beside(settings, view)
    with pytest.raises(KeyboardInterrupt):  # inside of a row group
        await built(settings, pool, second, tmp_path, archive_of([], tmp_path / "empty"), 20)
    for most in (60, 60, 150, 150):
        with pytest.raises(KeyboardInterrupt):
            await built(settings, pool, second, tmp_path, manifest, most)
    await built(settings, pool, second, tmp_path, manifest)
    assert await rows_of(pool, second) == fold_all(view, log.facts)


async def test_an_archive_of_another_log_is_refused_before_anything_is_taken(
    settings: Settings, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    second, others = await beside(settings, PARCEL), some_parcels(60)
    await publish(settings, others.facts)
    log = Log()
    some_parcels(90, log, first=30)
    manifest = archive_of(log.facts, tmp_path)
    with pytest.raises(Unfit, match="the archive is not of this log: the topic of parcels holds"):
        await built(settings, pool, second, tmp_path, manifest)
    assert await rows_of(pool, second) == {}


async def test_a_part_that_was_altered_ends_the_build(
    settings: Settings, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    log = some_parcels(60)
    await publish(settings, log.facts)
    manifest = archive_of(log.facts, tmp_path)
    part = manifest.services["parcels"].parts[3]
    content = (tmp_path / part.file).read_bytes()
    (tmp_path / part.file).write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    with pytest.raises(Unfit, match=f"{part.file} was altered"):
        await built(settings, pool, await beside(settings, PARCEL), tmp_path, manifest)


async def test_a_poison_event_of_an_archive_is_parked_as_it_would_be_from_the_topic(
    settings: Settings, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    log = some_parcels(60)
    sick = log.facts[7]
    log.append(
        sick.envelope.stream_id,
        ParcelWeighed(contact_id=sick.event.contact_id, grams=POISON, before=0),
        ParcelSeen(place="x", at=AT),
    )
    await publish(settings, log.facts)
    second = await beside(settings, PARCEL)
    await built(settings, pool, second, tmp_path, archive_of(log.facts, tmp_path))
    await built_from_topics(settings, pool, PARCEL)
    assert await rows_of(pool, second) == await rows_of(pool, PARCEL)
    parked = "SELECT array_agg(value ORDER BY position) FROM parked WHERE taker = $1"
    values = [await pool.fetchval(parked, view.taker) for view in (second, PARCEL)]
    assert values[0] == values[1] == [fact.raw for fact in log.facts[-2:]]


def test_a_head_behind_the_archive_is_where_the_topic_goes_on(tmp_path: Path) -> None:
    log = some_parcels(60)
    fact = log.facts[-1]
    manifest = archive_of(log.facts, tmp_path)
    last = manifest.services["parcels"].ends[fact.partition]

    topics = Topics(None, {"crm.parcels.g4": ("parcels", 4)})
    head = Archived(tmp_path, manifest, topics)._beyond(Checkpoint(fact.partition)).head("parcels")
    assert (head.position, head.next_offset(4), str(head.event)) == (last.last, last.last, last.last_id)
