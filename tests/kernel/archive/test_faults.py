"""What is wrong with an archive is named, and nothing is imported of one that is not whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kernel.archive import locking, stored
from kernel.archive.checking import check
from kernel.archive.format import manifest as manifests
from kernel.archive.format.files import Unfit
from kernel.archive.format.manifest import Manifest, Part
from tests.boats.harbour import SERVICE, Harbour
from tests.kernel.archive.conftest import exported, imported, launched, quiet


@dataclass
class Archive:
    """Of parts with three events at most; `part` is the second of a partition that has three or more."""

    folder: Path
    manifest: Manifest
    part: Part

    def faults(self) -> list[str]:
        return check(self.folder, None, quiet).faults

    def replaced(self, change: Callable[[pa.Table], pa.Table]) -> None:
        """Rewrites the part, and the manifest so that every checksum is right again."""
        path = self.folder / self.part.file
        pq.write_table(change(pq.read_table(path)), path)
        content = path.read_bytes()
        self.said(bytes=len(content), sha256=sha256(content).hexdigest())

    def said(self, **changes: Any) -> None:
        """Has the manifest say something else of the part."""
        log = self.manifest.services[SERVICE]
        parts = tuple(
            msgspec.structs.replace(one, **changes) if one is self.part else one for one in log.parts
        )
        log = msgspec.structs.replace(log, parts=parts)
        manifests.write(self.folder, msgspec.structs.replace(self.manifest, services={SERVICE: log}))


@pytest.fixture
async def archive(harbour: Harbour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(stored, "PART_ROWS", 3)
    monkeypatch.setattr(stored, "ROWS_AT_ONCE", 3)
    manifest, _ = await exported(harbour, tmp_path / "archive", with_keys=True)
    log = manifest.services[SERVICE]
    part = next(part for part in log.parts if part.first == 4 and part is not log.ends[part.partition])
    return Archive(tmp_path / "archive", manifest, part)


def column(table: pa.Table, name: str, change: Callable[[list[Any]], list[Any]]) -> pa.Table:
    at = table.schema.get_field_index(name)
    values = change(table.column(name).to_pylist())
    return table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type))


async def test_a_whole_archive_has_no_fault(archive: Archive) -> None:
    assert archive.faults() == []


async def test_a_part_that_is_missing_cut_off_altered_or_foreign_is_named_and_nothing_imported(
    archive: Archive, other: Harbour
) -> None:
    path, name = archive.folder / archive.part.file, archive.part.file
    content = path.read_bytes()
    stranger = path.with_name("letter.txt")

    async def refused(*sentences: str) -> None:
        assert archive.faults() == list(sentences)
        with pytest.raises(Unfit, match=f"nothing is imported: {sentences[0]}"):
            await imported(other, archive.folder)
        assert await other.log.fetchval("SELECT count(*) FROM event") == 0

    path.unlink()
    await refused(f"{name} is missing.")
    path.write_bytes(content[:-7])
    await refused(f"{name} is cut off: it has {len(content) - 7:,} bytes of {len(content):,}.")
    path.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    await refused(f"{name} was altered: its checksum is not that of the manifest.")
    path.write_bytes(content)
    shutil.copy(path, stranger)
    await refused(f"{stranger.relative_to(archive.folder)} is not of this archive.")
    stranger.unlink()
    assert archive.faults() == []


@pytest.mark.parametrize("table", ["claim", "answer", "deadline"])
async def test_what_lies_beside_the_events_is_checked_too(archive: Archive, table: str) -> None:
    file = archive.folder / archive.manifest.services[SERVICE].tables[table].file
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    assert archive.faults() == [
        f"{SERVICE}/{file.name} was altered: its checksum is not that of the manifest."
    ]


CHANGES: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "a gap": (
        lambda table: column(table, "position", lambda all: [4, 6, 7]),
        "position 5: it holds position 6",
    ),
    "a disorder": (lambda table: table.take([1, 0, 2]), "position 4: it holds position 5"),
    "a shared id": (
        lambda table: column(table, "event_id", lambda all: [all[1], *all[1:]]),
        f"several events of {SERVICE} have the id",
    ),
    "a version twice": (
        lambda table: column(table, "version", lambda all: [7, *all[1:]]),
        "position 4: version 7",
    ),
    "another partition": (
        lambda table: column(table, "partition", lambda all: [11] * 3),
        "belongs to another",
    ),
    "another key": (
        lambda table: column(table, "partition_key", lambda all: [bytes(15) + bytes([n]) for n in (1, 2, 3)]),
        "belongs to another partition",
    ),
    "a time too early": (
        lambda table: column(
            table,
            "recorded_at",
            lambda all: [
                *all[:2],
                pc.subtract(pa.scalar(all[2]), pa.scalar(10**12, pa.duration("us"))).as_py(),
            ],
        ),
        "was recorded before the one before it",
    ),
    "another last event": (
        lambda table: column(table, "event_id", lambda all: [*all[:2], bytes(16)]),
        "does not end with event",
    ),
    "rows too few": (lambda table: table.slice(0, 2), "holds other columns or rows than it says"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_part_whose_events_cannot_follow_is_named_though_its_checksum_is_right(
    archive: Archive, change: str
) -> None:
    work, sentence = CHANGES[change]
    archive.replaced(work)
    faults = archive.faults()
    assert len(faults) == 1
    assert sentence in faults[0]
    assert archive.part.file in faults[0] or change == "a shared id"


async def test_a_part_that_the_manifest_leaves_out_is_missed(archive: Archive) -> None:
    archive.said(first=5, rows=2)
    assert f"{archive.part.file} begins at position 5; 4 must follow." in archive.faults()


async def test_an_altered_manifest_is_no_archive(archive: Archive) -> None:
    place = archive.folder / manifests.NAME
    whole = place.read_bytes()
    for spoilt, sentence in (
        (whole.replace(b'"number": 1', b'"number": 2'), "was altered"),
        (whole[:-30], "cannot be read"),
    ):
        place.write_bytes(spoilt)
        with pytest.raises(Unfit, match=sentence):
            archive.faults()
    place.unlink()
    with pytest.raises(Unfit, match=r"it has no manifest\.json"):
        archive.faults()


async def test_an_archive_of_a_newer_format_is_told(archive: Archive) -> None:
    manifests.write(archive.folder, msgspec.structs.replace(archive.manifest, format=2))
    with pytest.raises(Unfit, match="is of format 2; this program reads format 1"):
        archive.faults()


async def test_a_store_that_is_not_empty_takes_nothing(archive: Archive, other: Harbour) -> None:
    await launched(other, 1, first=500)
    with pytest.raises(Unfit, match="not empty: it holds 4 events"):
        await imported(other, archive.folder)
    assert await other.log.fetchval("SELECT count(*) FROM event") == 4


async def test_a_log_is_not_exported_into_that_of_another(archive: Archive, other: Harbour) -> None:
    await launched(other, 30)
    with pytest.raises(Unfit, match="holds another log of contacts"):
        await exported(other, archive.folder)
    assert archive.faults() == []


async def test_a_folder_with_something_else_in_it_is_left_alone(harbour: Harbour, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(Unfit, match="no archive, and not empty: it holds letters"):
        await exported(harbour, tmp_path)


async def test_one_export_at_a_time_writes_into_a_folder(archive: Archive, harbour: Harbour) -> None:
    with locking.alone(archive.folder), pytest.raises(Unfit, match="another export writes into"):
        await exported(harbour, archive.folder)


async def test_under_other_keys_nothing_is_imported(archive: Archive, other: Harbour, tmp_path: Path) -> None:
    shutil.copytree(other.settings.keys, tmp_path / "keys")
    (tmp_path / "keys" / "digest.key").write_bytes(bytes(32))
    other.settings = other.settings.model_copy(update={"keys": tmp_path / "keys"})
    with pytest.raises(Unfit, match="made under other keys"):
        await imported(other, archive.folder)
