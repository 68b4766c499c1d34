"""Who takes a published file away together with its line is found out by the history."""

import subprocess
from pathlib import Path

import pytest

from ops.contracts import published

NAME = "contacts/Moved.v1.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Schemas with one event."""
    (tmp_path / "contacts").mkdir()
    (tmp_path / NAME).write_text("{}\n")
    (tmp_path / published.LIST).write_bytes(published.publish(tmp_path, [NAME]))
    return tmp_path


def commit(folder: Path) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for arguments in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "as it is"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def take_away(folder: Path) -> None:
    (folder / NAME).unlink()
    (folder / published.LIST).write_text("")


def test_a_file_taken_away_with_its_line_is_missed(folder: Path) -> None:
    commit(folder)
    assert published.faults(folder) == []
    take_away(folder)
    (fault,) = published.faults(folder)
    assert fault.startswith(f"{NAME} was published, and its line of then is not in")
    commit(folder)
    assert published.faults(folder) == [fault]


def test_a_file_changed_with_its_line_is_missed(folder: Path) -> None:
    commit(folder)
    (folder / NAME).write_text("[]\n")
    (folder / published.LIST).write_text("")
    (folder / published.LIST).write_bytes(published.publish(folder, [NAME]))
    assert len(published.faults(folder)) == 1


def test_without_a_history_nothing_is_missed(folder: Path) -> None:
    take_away(folder)
    assert published.faults(folder) == []
