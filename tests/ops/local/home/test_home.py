"""A home is settled in, found again and erased, and nobody else's folder ever is."""

import subprocess
from pathlib import Path

import pytest

from ops.errors import CannotRun
from ops.local.home import home as homes
from ops.local.home.home import Home


def test_a_home_of_a_newer_layout_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.layout.write_text("2\n")
    for touch in (homes.prepare, homes.erase):
        with pytest.raises(CannotRun, match="has layout 2 and this Rapport knows 1"):
            touch(home)
    assert list(tmp_path.iterdir()) == [home.layout]


@pytest.mark.parametrize("theirs", ["thesis.txt", "layout"])
def test_nobody_elses_folder_is_settled_in_or_erased(tmp_path: Path, theirs: str) -> None:
    (tmp_path / theirs).write_text("years of work")
    for touch in (homes.prepare, homes.erase):
        with pytest.raises(CannotRun, match="is no home of Rapport"):
            touch(Home(tmp_path))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(theirs, "years of work")]


def test_an_empty_folder_is_settled_in_but_never_erased(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="is no home of Rapport"):
        homes.erase(Home(tmp_path))
    homes.prepare(Home(tmp_path))
    assert homes.is_home(Home(tmp_path))


def test_a_start_cut_off_before_its_marker_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / ".layout.4711").touch()
    homes.prepare(Home(tmp_path))
    assert homes.is_home(Home(tmp_path))


def test_erasing_leaves_nothing_and_can_be_repeated_when_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(path: Path) -> None:
        raise KeyboardInterrupt

    home = Home(tmp_path / "home")
    homes.prepare(home)
    home.stack.write_text("{}")
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", cut_off)
        with pytest.raises(KeyboardInterrupt):
            homes.erase(home)
    homes.erase(home)
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_in_a_home_names_is_not_erased(tmp_path: Path) -> None:
    home, theirs = Home(tmp_path / "home"), tmp_path / "theirs"
    theirs.mkdir()
    homes.prepare(home)
    (home.root / "link").symlink_to(theirs)
    homes.erase(home)
    assert list(tmp_path.iterdir()) == [theirs]


def test_preparing_a_home_twice_changes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    homes.prepare(home)
    (home.logs / "contacts.log").write_text("kept")
    homes.prepare(home)
    assert (home.logs / "contacts.log").read_text() == "kept"


def test_a_full_disk_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "MEGABYTES_NEEDED", 1 << 40)
    with pytest.raises(CannotRun, match="the disk is full"):
        homes.prepare(Home(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_shell_is_told_of_a_home_of_ones_own_whatever_its_path(tmp_path: Path) -> None:
    home = Home(tmp_path / "it's a home & more")
    script = f"{homes.export(home)}\nenv"
    done = subprocess.run(["bash", "-ec", script], env={}, capture_output=True, text=True, check=True)
    assert f"RAPPORT_HOME={home.root}" in done.stdout.splitlines()
    assert homes.export(homes.DEFAULT) == ""
