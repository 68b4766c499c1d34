"""Whether a test finds a planted bug: it passes without it, and fails with it for the reason expected."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from ops.checkout import CHECKOUT
from tests.faults.planted.bug import Bug

MARK = "E   "


@dataclass(frozen=True, slots=True)
class Ran:
    """How a chosen test ended, and what it said; 0 where one passed, and none was left out."""

    code: int
    said: str


def found(bug: Bug) -> tuple[bool, str]:
    """Whether its test finds it, and what that says."""
    with tempfile.TemporaryDirectory(prefix="rapport-planted-") as name:
        copy = Path(name)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
        for line in listed.stdout.splitlines():
            (copy / line).parent.mkdir(parents=True, exist_ok=True)
            copyfile(CHECKOUT / line, copy / line)
        test = copy / "tests" / "faults" / bug.test
        without = ran(copy, test, bug.chosen)
        for path, good, bad in bug.edits:
            text = (copy / path).read_text()
            assert text.count(good) == 1, f"{path} holds {text.count(good)} × {good!r}"
            (copy / path).write_text(text.replace(good, bad))
        return judged(without, bug.says, lambda: ran(copy, test, bug.chosen))


def ran(folder: Path, test: Path, chosen: str) -> Ran:
    """Runs it there, to its first failure."""
    command = [sys.executable, "-m", "pytest", str(test), "-x", "-q", "-rs", "-k", chosen]
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
