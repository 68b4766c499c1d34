"""Whether a test finds a planted bug: it passes without it, and fails with it for the reason expected."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import copyfile

from ops.checkout import CHECKOUT
from tests.faults.planted.bug import Bug, Edit

TESTS = Path("tests", "faults")
MARK = "E   "


@dataclass(frozen=True, slots=True)
class Ran:
    """How a chosen test ended, and what it said; 0 where one passed, and none was left out."""

    code: int
    said: str


def found(bug: Bug) -> tuple[bool, str]:
    """Whether its test finds it, and what that says."""
    with copied() as copy:
        for path, text in edited(bug.edits).items():
            (copy / path).write_text(text)
        return judged(control(bug.test, bug.chosen), bug.says, lambda: ran(copy, bug.test, bug.chosen))


def edited(edits: Sequence[Edit]) -> dict[str, str]:
    """The files of the checkout that they change, by path, as they are after all of them."""
    texts: dict[str, str] = {}
    for path, good, bad in edits:
        text = texts.get(path) or (CHECKOUT / path).read_text()
        assert text.count(good) == 1, f"{path} holds {text.count(good)} × {good!r}"
        texts[path] = text.replace(good, bad)
    return texts


@cache
def control(test: str, chosen: str) -> Ran:
    """How a test ends without any bug: asked once, however many are planted for it."""
    with copied() as copy:
        return ran(copy, test, chosen)


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the checkout, with what is not committed yet."""
    with tempfile.TemporaryDirectory(prefix="rapport-planted-") as name:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
        for line in listed.stdout.splitlines():
            (Path(name) / line).parent.mkdir(parents=True, exist_ok=True)
            copyfile(CHECKOUT / line, Path(name) / line)
        yield Path(name)


def ran(folder: Path, test: str, chosen: str) -> Ran:
    """Runs a module of TESTS there, to its first failure."""
    command = [sys.executable, "-m", "pytest", str(folder / TESTS / test), "-x", "-q", "-rs", "-k", chosen]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and " skipped" in lines[-1]:
        return Ran(1, f"left out: {lines[-2]}")
    said = [line.removeprefix(MARK).strip() for line in lines if line.startswith(MARK)]
    return Ran(done.returncode, "\n    ".join(said[:6]) or "\n".join([*lines[-6:], done.stderr]))


def judged(without: Ran, says: str, planted: Callable[[], Ran]) -> tuple[bool, str]:
    """Whether the bug is what makes the test fail, for the reason that was expected; else why not."""
    if without.code:
        return False, f"NOT FOUND: without the bug too: {without.said}"
    run = planted()
    if not run.code:
        return False, "NOT FOUND: the test passes"
    if run.code != 1 or not re.search(says, run.said):
        return False, f"NOT FOUND: it failed for another reason than {says!r}: {run.said}"
    return True, run.said
