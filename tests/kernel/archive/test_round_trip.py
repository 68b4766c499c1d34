"""What was exported and imported is the same log, and commands go on with it."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kernel.archive import stored
from kernel.archive.checking import check
from kernel.archive.exporting import export
from kernel.archive.format import writing
from kernel.archive.format.files import Unfit
from kernel.archive.format.reading import groups
from kernel.archive.format.tables import EVENT
from kernel.archive.importing import put_in
from kernel.database import connect_pool
from kernel.log.horizon import Horizon, promise
from kernel.log.partitions import PARTITIONS
from kernel.vault.vault import Vault
from kernel.view.history.horizons import every, remember
from tests.boats.aggregate import LaunchBoat, MoorBoat, NameOwner, RowBoat
from tests.boats.harbour import SERVICE, Harbour
from tests.kernel.archive.conftest import (
    BOATS,
    COUNTERS,
    contents,
    exported,
    files,
    imported,
    launched,
    quiet,
)

EVENTS = 4 * BOATS


async def test_every_row_of_the_log_is_the_same_after_an_import(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    await harbour.log.execute(
        "INSERT INTO deadline VALUES ($1, $2, 'storm', $3, $4)",
        harbour.org_id,
        uuid4(),
        datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
        b"\0sealed",
    )
    manifest, added = await exported(harbour, tmp_path / "a", with_keys=True)
    assert (manifest.services["contacts"].events, added) == (EVENTS, EVENTS)
    assert await imported(other, tmp_path / "a") == {"contacts": EVENTS}
    before, after = await contents(harbour), await contents(other)
    assert all(before.values())
    assert before == after


async def test_commands_go_on_at_the_right_versions_and_positions(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    boat = (await launched(harbour, 1, first=BOATS))[0]
    await exported(harbour, tmp_path, with_keys=True)
    await imported(other, tmp_path)
    for where in (harbour, other):
        assert (await where.ask(RowBoat(strokes=5), boat)).version == 5
        assert await where.ask(NameOwner(owner=f"Ada {BOATS}"), boat)  # it is called so: the value was opened
        assert len(await where.events(boat)) == 5
        assert (await where.refused(MoorBoat(berth="berth 1"), boat)).code == "berth-taken"
    assert (await contents(harbour))[COUNTERS] == (await contents(other))[COUNTERS]


async def test_what_was_told_of_the_empty_store_makes_no_view_whole(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    views = await connect_pool(other.settings, "projections_log", max_size=1)
    await remember(views, Horizon("contacts", 1, datetime.now(UTC), (0,) * PARTITIONS))
    late = await promise(other.log, "contacts", 1)  # told, and not heard yet
    await exported(harbour, tmp_path, with_keys=True)
    await imported(other, tmp_path)
    await remember(views, late)
    (horizon,) = await every(views)
    counters = await other.log.fetch("SELECT last FROM counter ORDER BY partition")
    assert horizon.positions == tuple(row["last"] for row in counters)
    assert sum(horizon.positions) == EVENTS
    await views.close()


async def test_a_repeat_of_a_key_is_answered_as_before_the_move(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    launch = harbour.call(LaunchBoat(owner="Eve"), key="once")
    first = await harbour.one.handle(launch)
    await exported(harbour, tmp_path, with_keys=True)
    await imported(other, tmp_path)
    assert await other.one.handle(launch) == first


async def test_a_later_export_adds_what_is_new_and_leaves_the_rest(
    harbour: Harbour, other: Harbour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "PART_ROWS", 4)
    monkeypatch.setattr(stored, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(writing, "GROUP_ROWS", 2)
    await exported(harbour, tmp_path)
    before = files(tmp_path, "contacts/*/*.parquet")
    await launched(harbour, 7, first=BOATS)
    manifest, added = await exported(harbour, tmp_path, with_keys=True)
    assert added == 28
    assert before.items() <= files(tmp_path, "contacts/*/*.parquet").items()
    assert len(manifest.services["contacts"].parts) > len(before)
    assert (await exported(harbour, tmp_path, with_keys=True))[1] == 0
    assert check(tmp_path, None, quiet).faults == []
    await imported(other, tmp_path)
    assert await contents(other) == await contents(harbour)


async def test_only_the_owner_of_an_archive_may_read_it(harbour: Harbour, tmp_path: Path) -> None:
    await exported(harbour, tmp_path / "a")
    for path in (tmp_path / "a", *(tmp_path / "a").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_nothing_personal_is_in_an_archive_and_keys_only_when_asked_for(
    harbour: Harbour, tmp_path: Path
) -> None:
    await exported(harbour, tmp_path, with_keys=True)
    assert files(tmp_path, "vault/*")
    await exported(harbour, tmp_path)
    assert not files(tmp_path, "vault/*")
    for part in (await exported(harbour, tmp_path))[0].services["contacts"].parts:
        for batch in groups(tmp_path, part, EVENT):
            assert b"Ada" not in b"".join(batch.column("data").to_pylist())
            assert not any(b"Ada" in sealed for sealed in batch.column("personal").to_pylist() if sealed)


async def test_without_the_persons_keys_nothing_is_imported_unless_that_is_wished(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    await exported(harbour, tmp_path)
    with pytest.raises(Unfit, match=f"lacks the keys of {BOATS} persons"):
        await imported(other, tmp_path)
    assert await other.log.fetchval("SELECT count(*) FROM event") == 0
    assert await imported(other, tmp_path, sealed=True) == {"contacts": EVENTS}


async def test_a_key_that_was_destroyed_stays_destroyed(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    boat = (await launched(harbour, 1, first=BOATS))[0]
    await exported(harbour, tmp_path, with_keys=True)
    await imported(other, tmp_path)
    owner = await asyncpg.connect(other.settings.dsn["vault_owner"], server_settings={"search_path": "vault"})
    await owner.execute("ALTER TABLE person_key NO FORCE ROW LEVEL SECURITY")
    await owner.execute("UPDATE person_key SET wrapped = NULL WHERE person_id = $1", boat)
    await owner.close()
    assert await imported(other, tmp_path) == {"contacts": 0}
    vault = await Vault.open(other.settings)
    assert await vault.keys(harbour.org_id, [boat]) == {}
    await vault.close()


async def test_an_archive_that_is_written_while_commands_go_on_is_one_moment_of_the_log(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    enough = asyncio.Event()

    async def launch() -> None:
        first = BOATS
        while not enough.is_set():
            await launched(harbour, 5, first)
            first += 5

    launching, events = asyncio.create_task(launch()), 0
    while events <= EVENTS + 100:
        manifest, _ = await exported(harbour, tmp_path, with_keys=True)
        events = manifest.services["contacts"].events
    enough.set()
    await launching
    assert events < await harbour.log.fetchval("SELECT count(*) FROM event")
    assert await imported(other, tmp_path) == {"contacts": events}
    moored = await other.log.fetchval("SELECT count(*) FROM event WHERE type = 'BoatMoored'")
    assert (
        await other.log.fetchval("SELECT count(*) FROM claim JOIN stream USING (org_id, stream_id)") == moored
    )


async def test_who_listens_hears_of_every_event_how_many_there_are(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    told: list[tuple[str, str, int, int]] = []

    def tell(*heard: Any) -> None:
        told.append(heard)

    await export(harbour.settings, tmp_path, (SERVICE,), True, tell)
    await launched(harbour, 1, first=BOATS)
    await export(harbour.settings, tmp_path, (SERVICE,), True, tell)
    await put_in(other.settings, tmp_path, (SERVICE,), False, tell)
    before, after = EVENTS, EVENTS + 4
    steps = [(written, total) for what, _, written, total in told if what == "written"]
    assert (steps[0], steps[-1]) == ((0, before), (after, after))
    assert {(before, before), (before, after)} <= {*steps}
    for work in ("checked", "imported"):
        steps = [(done, total) for what, _, done, total in told if what == work]
        assert (steps[0], steps[-1]) == ((0, after), (after, after))
