"""`rebuild --from`: out of an archive and on from the topics; killed, resumed, refused where it must be."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path

import pytest

from kernel.archive.format import manifest as manifests
from kernel.view import versions
from services.contacts.events import NameCorrected
from services.contacts.events.words import Name
from services.projections.customers.person import PERSON
from tests.conftest import Processes
from tests.ops.archiving.test_command import document as log_document
from tests.ops.rebuilding.test_command import EVENTS, document, rebuild, shown, some, taken
from tests.ops.verify.showing import CONTACTS, Shown
from tests.waiting import until

__all__ = ["shown"]


@pytest.fixture
def archive(shown: Shown, tmp_path: Path) -> Path:
    log_document(shown.log.settings, "export", tmp_path / "archive")
    return tmp_path / "archive"


async def correct(shown: Shown) -> None:
    """One more event, on the topic and in the views that are read."""
    changed = NameCorrected(
        contact_id=CONTACTS[0], personal=NameCorrected.Personal(name=Name(given="Ada", family="King"))
    )
    await shown.record(CONTACTS[0], 3, changed)
    await shown.take()
    stored = await shown.log.stored()
    await shown.log.publish([one for one in stored if one[1].version == 4])


async def test_a_view_is_built_from_an_archive_and_goes_on_from_the_topic(
    shown: Shown, archive: Path
) -> None:
    await correct(shown)
    found = document(shown, "person", "--from", str(archive), "--compare", "--switch")
    assert (found["version"], found["events"], found["live"]) == ("person__v1_2", EVENTS + 1, "person__v1_2")
    assert (found["same"], found["alike"]) == (True, len(CONTACTS))


async def test_a_build_from_an_archive_goes_on_where_it_was_killed(
    shown: Shown, archive: Path, processes: Processes
) -> None:
    first = processes.start(
        "rebuild", "person", "--from", str(archive), "--throttle", "15", settings=shown.log.settings
    )
    await until(partial(some, shown))
    first.kill()
    first.wait()

    async def let_go() -> bool:
        return "being rebuilt" not in rebuild(shown, "person", "--back").stderr

    await until(let_go)
    before = await taken(shown)
    assert 0 < before < EVENTS
    found = document(shown, "person", "--from", str(archive), "--compare")
    assert (found["version"], found["events"], found["same"]) == ("person__v1_2", EVENTS - before, True)


def refused(shown: Shown, archive: Path) -> str:
    done: subprocess.CompletedProcess[str] = rebuild(shown, "person", "--from", str(archive))
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr.splitlines()[-1]


async def test_an_archive_that_does_not_verify_is_refused(shown: Shown, archive: Path) -> None:
    part = manifests.read(archive).services["contacts"].parts[0]
    whole = (archive / part.file).read_bytes()
    (archive / part.file).write_bytes(whole[:-1])
    assert refused(shown, archive).startswith(f"rapport: {part.file} is cut off")
    (archive / part.file).write_bytes(whole)
    (archive / manifests.NAME).write_text("{}")
    assert "manifest.json cannot be read" in refused(shown, archive)
    done = rebuild(shown, "person", "--from", str(archive / "nowhere"), "--json")
    assert (done.returncode, done.stdout) == (2, "")


async def test_an_archive_that_cannot_be_opened_leaves_no_version_behind(shown: Shown, archive: Path) -> None:
    (archive / manifests.NAME).write_text("{}")
    assert "manifest.json cannot be read" in refused(shown, archive)
    there = await versions.every(shown.worker, [PERSON])
    assert [one.name for one in there if one.view == "person"] == ["person__v1"]


async def test_no_other_option_goes_with_back_or_drop(shown: Shown, archive: Path) -> None:
    done = rebuild(shown, "person", "--from", str(archive), "--back")
    assert (done.returncode, "go with no other option" in done.stderr) == (2, True)
