"""Bugs that the tests of faults must find, each planted in a copy of the checkout.

`python -m tests.faults.planted [NAME …]` takes those whose names hold one of these, or all of them. For each
it says what the test said. One is found by a test that passes without it, and fails with it for the reason
expected; exit code 1 where one is not.
"""

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

MARK = "E   "

LOST, VIEWS = r"lost [1-9]", r"views [1-9]"
"""In the oracle's line."""
IN_VAIN = r"TimeoutError: waited for \d+ s in vain"


@dataclass(frozen=True, slots=True)
class Bug:
    """What it does, where, and the test that must fail saying `says`; `good` stands there once."""

    name: str
    path: str
    good: str
    bad: str
    test: str
    chosen: str
    says: str


@dataclass(frozen=True, slots=True)
class Ran:
    """How a chosen test ended, and what it said; 0 where one passed, and none was left out."""

    code: int
    said: str


WHOLE = "    whole = together(statements, _advance(batches), ALL_OR_NOTHING)\n"
WRITTEN = """    failpoint("view.folded")
    try:
        await db.execute(whole.sql, *whole.parameters)
    except asyncpg.DivisionByZeroError:
        return False
    failpoint("view.committed")
"""
ROWS = "    for each in statements:\n        await db.execute(each.sql, *each.parameters)\n"

BUGS = (
    *(
        Bug(
            "answers are not kept, so that a repeat acts again",
            "kernel/handling/endings.py",
            "key=call.key,",
            "key=None,",
            test,
            chosen,
            LOST,
        )
        for test, chosen in (
            ("test_killing.py", "contacts and between and commit and answer"),
            ("test_clocks.py", "contacts and not relay"),
            ("test_disk.py", "full"),
        )
    ),
    Bug(
        "a view's rows are written before its checkpoint",
        "kernel/view/batch/optimistic.py",
        WHOLE,
        f"{ROWS}    whole = together([], _advance(batches), ALL_OR_NOTHING)\n",
        "test_killing.py",
        "worker and before",
        VIEWS,
    ),
    Bug(
        "a view's checkpoint is written before its rows",
        "kernel/view/batch/optimistic.py",
        f"{WHOLE}{WRITTEN}    return True\n",
        f"    whole = together([], _advance(batches), ALL_OR_NOTHING)\n{WRITTEN}{ROWS}    return True\n",
        "test_killing.py",
        "worker and after",
        VIEWS,
    ),
    Bug(
        "the relay begins where the log ends",
        "kernel/log/relay/marks.py",
        '"SELECT partition, generation, position, topic_offset FROM mark ORDER BY partition"',
        '"SELECT partition, generation, last AS position, topic_offset FROM mark JOIN counter'
        ' USING (partition) ORDER BY partition"',
        "test_killing.py",
        "relay and before",
        "contacts_relay did not end",
    ),
    Bug(
        "a command leaves the outbox before it is carried out",
        "kernel/reaction/sending.py",
        "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n",
        "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n"
        "        await outbox.done(self._pool, [one.seq for one in posted])\n",
        "test_killing.py",
        "reaction and command and before and not outbox",
        LOST,
    ),
    Bug(
        "a commit does not wait for the log's disk",
        "kernel/database.py",
        '_SESSION = {"jit": "off",',
        '_SESSION = {"synchronous_commit": "off", "jit": "off",',
        "test_servers.py",
        "PostgreSQL and immediately",
        IN_VAIN,
    ),
    Bug(
        "what was taken before is taken again",
        "kernel/taking/checkpoints.py",
        "        elif arrival.position == head.position + 1:\n",
        "        elif arrival.position <= head.position + 1:\n",
        "test_topics.py",
        "repeated and not wrong",
        IN_VAIN,
    ),
    Bug(
        "a worker does not look whether another was quicker",
        "kernel/view/batch/optimistic.py",
        "    AND c.topics = n.before::jsonb AND c.parked = n.parked_before",
        "    AND n.before IS NOT NULL AND n.parked_before IS NOT NULL",
        "test_groups.py",
        "wakes and worker",
        VIEWS,
    ),
    Bug(
        "a statement may take for ever",
        "kernel/database.py",
        "SECONDS_TO_ANSWER = 10.0",
        "SECONDS_TO_ANSWER = 1e6",
        "test_network.py",
        "swallow and contacts and PostgreSQL",
        IN_VAIN,
    ),
    Bug(
        "nobody is told that records wait",
        "kernel/view/worker/progress.py",
        '            degraded["lag"] =',
        '            degraded["view"] =',
        "test_slow.py",
        "slow",
        "waited for 40 s in vain",
    ),
)


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
        text = (copy / bug.path).read_text()
        assert text.count(bug.good) == 1, f"{bug.path} holds {text.count(bug.good)} × {bug.good!r}"
        (copy / bug.path).write_text(text.replace(bug.good, bug.bad))
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


def main() -> int:
    names, missed = sys.argv[1:], 0
    for bug in BUGS:
        if not names or any(name in bug.name for name in names):
            print(f"{bug.name}: {bug.test}, {bug.chosen}", flush=True)
            well, said = found(bug)
            missed += not well
            print(f"    {said}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
