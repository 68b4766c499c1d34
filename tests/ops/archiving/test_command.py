"""`log` on real stores: answers for people and programs, refusals, and kills that leave nothing half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kernel.settings import SERVICES, Settings
from ops import bootstrap
from ops.checkout import CHECKOUT
from ops.cli import main
from ops.local.home import variables
from tests.boats.harbour import Harbour
from tests.kernel.archive.conftest import BOATS, contents, files, launched

EVENTS = 4 * BOATS
ALL = {service: EVENTS if service == "contacts" else 0 for service in SERVICES}


def log(settings: Settings, *arguments: object, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "log", *map(str, arguments)],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings), "RAPPORT_FAILPOINT": failpoint},
        capture_output=True,
        text=True,
        timeout=60,
    )


def document(settings: Settings, *arguments: object) -> dict[str, Any]:
    done = log(settings, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def test_a_log_is_exported_checked_and_imported(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    found = document(harbour.settings, "export", archive, "--with-keys")
    assert found.pop("bytes") > 0
    assert found == {
        "archive": str(archive),
        "added": EVENTS,
        "events": ALL,
        "keys": True,
    }
    assert document(harbour.settings, "check", archive)["whole"] is True
    assert document(other.settings, "import", archive)["imported"] == ALL
    assert await contents(other) == await contents(harbour)


async def test_a_person_is_told_in_few_lines(harbour: Harbour, other: Harbour, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    done = log(harbour.settings, "export", archive, "--with-keys")
    assert done.stdout.startswith(f"{archive} holds {EVENTS} events, {EVENTS} of them new; ")
    assert "holds persons' keys" in done.stderr
    assert log(harbour.settings, "check", archive).stdout == f"{archive} is whole: {EVENTS} events\n"
    assert log(other.settings, "import", archive).stdout.splitlines() == [
        f"contacts: {EVENTS} events imported",
        *(f"{service}: nothing to import, it is there" for service in SERVICES if service != "contacts"),
    ]


async def test_without_a_terminal_lines_tell_how_many_of_how_many_events_are_done(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    of = ("--service", "contacts")
    told = [
        log(harbour.settings, "export", tmp_path, "--with-keys", *of).stderr,
        log(harbour.settings, "check", tmp_path).stderr,
        log(other.settings, "import", tmp_path, *of).stderr,
        log(harbour.settings, "export", tmp_path, "--with-keys", *of).stderr,
    ]
    begun = f"contacts: 0 of {EVENTS} events"
    assert told[0].startswith(f"{begun} written\n")
    assert told[1] == f"{begun} checked\n"
    assert told[2] == f"{begun} checked\n{begun} imported\n"
    assert told[3].startswith(f"contacts: {EVENTS} of {EVENTS} events written\n")


async def test_a_fault_is_an_answer_and_an_import_of_it_a_refusal(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    document(harbour.settings, "export", tmp_path, "--with-keys")
    name = next(iter(files(tmp_path, "contacts/*/*.parquet")))
    (tmp_path / name).unlink()
    done = log(harbour.settings, "check", tmp_path, "--json")
    assert (done.returncode, json.loads(done.stdout)["faults"]) == (1, [f"{name} is missing."])
    assert log(harbour.settings, "check", tmp_path).stdout == f"{name} is missing.\n"
    done = log(other.settings, "import", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"rapport: import: nothing is imported: {name} is missing."


async def test_to_an_archive_with_a_damaged_part_nothing_is_added(harbour: Harbour, tmp_path: Path) -> None:
    document(harbour.settings, "export", tmp_path)
    name = next(iter(files(tmp_path, "contacts/*/*.parquet")))
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    await launched(harbour, 3, first=BOATS)
    before = files(tmp_path, "*.*")
    done = log(harbour.settings, "export", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"which is not whole: {name} was altered" in done.stderr
    assert files(tmp_path, "*.*") == before


def test_a_folder_that_is_no_archive_is_refused(database: Settings, tmp_path: Path) -> None:
    for what in ("check", "import"):
        done = log(database, what, tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is no archive" in done.stderr


def test_nothing_is_installed_for_a_folder_that_is_no_archive(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ensure(*_: object) -> None:
        raise bootstrap.Failed("installing …")

    monkeypatch.setattr(bootstrap, "ensure", ensure)
    for name, value in {**variables.of(database), "RAPPORT_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    for words in (["log", "check"], ["log", "import"], ["rebuild", "person", "--from"]):
        said = CliRunner().invoke(main, [*words, str(tmp_path)])
        assert (said.exit_code, said.stdout) == (2, "")
        assert "is no archive" in said.stderr


def test_where_the_database_does_not_answer_an_export_makes_no_folder(
    database: Settings, tmp_path: Path
) -> None:
    dsn = dict.fromkeys(database.dsn, "postgresql://nobody@127.0.0.1:1/nothing")
    done = log(database.model_copy(update={"dsn": dsn}), "export", tmp_path / "archive")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the database is away" in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_cannot_be_made_is_named(database: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file" / "archive", Path("/proc/archives/archive")):
        done = log(database, "export", folder)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"rapport: export: {folder.parent}")
        assert done.stderr.endswith("; name another folder.\n")


async def test_an_export_that_was_killed_leaves_the_former_archive_and_the_next_is_whole(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    assert log(harbour.settings, "export", tmp_path, failpoint="archive.written").returncode == 137
    assert "is no archive" in log(harbour.settings, "check", tmp_path).stderr
    document(harbour.settings, "export", tmp_path)
    before, held = (tmp_path / "manifest.json").read_bytes(), files(tmp_path, "*.parquet")
    await launched(harbour, 3, first=BOATS)
    assert log(harbour.settings, "export", tmp_path, failpoint="archive.written").returncode == 137
    assert (tmp_path / "manifest.json").read_bytes() == before
    found = document(harbour.settings, "check", tmp_path)
    left = files(tmp_path, "*.parquet").keys() - held.keys()
    assert (found["whole"], found["faults"], set(found["leftovers"])) == (True, [], left)
    assert f"{len(left)} files are not of it, such as " in log(harbour.settings, "check", tmp_path).stdout
    assert document(other.settings, "import", tmp_path, "--sealed")["imported"]["contacts"] == EVENTS
    assert document(harbour.settings, "export", tmp_path)["added"] == 12
    found = document(harbour.settings, "check", tmp_path)
    assert (found["whole"], found["leftovers"]) == (True, [])


async def test_an_import_that_was_killed_leaves_nothing_and_may_be_repeated(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    document(harbour.settings, "export", tmp_path, "--with-keys")
    before = await contents(other)
    assert log(other.settings, "import", tmp_path, failpoint="archive.put").returncode == 137
    assert await contents(other) == before
    assert document(other.settings, "import", tmp_path)["imported"] == ALL
    assert document(other.settings, "import", tmp_path)["imported"] == dict.fromkeys(ALL, 0)
    assert await contents(other) == await contents(harbour)


async def test_one_service_alone_may_be_exported_and_imported(
    harbour: Harbour, other: Harbour, tmp_path: Path
) -> None:
    document(harbour.settings, "export", tmp_path, "--service", "contacts", "--with-keys")
    done = log(other.settings, "import", tmp_path)
    assert (done.returncode, "holds no log of sales" in done.stderr) == (2, True)
    found = document(other.settings, "import", tmp_path, "--service", "contacts")
    assert found["imported"] == {"contacts": EVENTS}
