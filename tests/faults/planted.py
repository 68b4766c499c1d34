"""Bugs that the tests of faults must find, each planted in a copy of the checkout.

`python -m tests.faults.planted [NAME …]` takes those whose names hold one of these, or all of them. For each
it says what the test said; exit code 1 where a test found nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from ops.checkout import CHECKOUT

MARK = "E   "


@dataclass(frozen=True, slots=True)
class Bug:
    """What it does, where, and the test that must fail; `good` stands there once."""

    name: str
    path: str
    good: str
    bad: str
    test: str
    chosen: str


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
    ),
    Bug(
        "a view's checkpoint is written before its rows",
        "kernel/view/batch/optimistic.py",
        f"{WHOLE}{WRITTEN}    return True\n",
        f"    whole = together([], _advance(batches), ALL_OR_NOTHING)\n{WRITTEN}{ROWS}    return True\n",
        "test_killing.py",
        "worker and after",
    ),
    Bug(
        "the relay begins where the log ends",
        "kernel/log/relay/marks.py",
        '"SELECT partition, generation, position, topic_offset FROM mark ORDER BY partition"',
        '"SELECT partition, generation, last AS position, topic_offset FROM mark JOIN counter'
        ' USING (partition) ORDER BY partition"',
        "test_killing.py",
        "relay and before",
    ),
    Bug(
        "a command leaves the outbox before it is carried out",
        "kernel/reaction/sending.py",
        "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n",
        "        queues: dict[tuple[UUID, UUID], list[Posted]] = {}\n"
        "        await outbox.done(self._pool, [one.seq for one in posted])\n",
        "test_killing.py",
        "reaction and command and before and not outbox",
    ),
    Bug(
        "a commit does not wait for the log's disk",
        "kernel/database.py",
        '_SESSION = {"jit": "off",',
        '_SESSION = {"synchronous_commit": "off", "jit": "off",',
        "test_servers.py",
        "PostgreSQL and immediately",
    ),
    Bug(
        "what was taken before is taken again",
        "kernel/taking/checkpoints.py",
        "        elif arrival.position == head.position + 1:\n",
        "        elif arrival.position <= head.position + 1:\n",
        "test_topics.py",
        "repeated and not wrong",
    ),
    Bug(
        "a worker does not look whether another was quicker",
        "kernel/view/batch/optimistic.py",
        "    AND c.topics = n.before::jsonb AND c.parked = n.parked_before",
        "    AND n.before IS NOT NULL AND n.parked_before IS NOT NULL",
        "test_groups.py",
        "wakes and worker",
    ),
    Bug(
        "a statement may take for ever",
        "kernel/database.py",
        "SECONDS_TO_ANSWER = 10.0",
        "SECONDS_TO_ANSWER = 1e6",
        "test_network.py",
        "swallow and contacts and PostgreSQL",
    ),
    Bug(
        "nobody is told that records wait",
        "kernel/view/worker/progress.py",
        '            degraded["lag"] =',
        '            degraded["view"] =',
        "test_slow.py",
        "slow",
    ),
)


def found(bug: Bug) -> str | None:
    """What the test says of it; None where it passes."""
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
        text = (copy / bug.path).read_text()
        assert text.count(bug.good) == 1, f"{bug.path} holds {text.count(bug.good)} × {bug.good!r}"
        (copy / bug.path).write_text(text.replace(bug.good, bug.bad))
        test = [sys.executable, "-m", "pytest", f"tests/faults/{bug.test}", "-x", "-q", "-k", bug.chosen]
        done = subprocess.run(test, cwd=copy, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    if " passed" not in done.stdout and not done.returncode:
        return f"left out: {done.stdout.splitlines()[-1]}"
    said = [line.removeprefix(MARK) for line in done.stdout.splitlines() if line.startswith(MARK)]
    return "\n    ".join(said[:6]) if done.returncode else None


def main() -> int:
    names, missed = sys.argv[1:], 0
    for bug in BUGS:
        if not names or any(name in bug.name for name in names):
            print(f"{bug.name}: {bug.test}, {bug.chosen}", flush=True)
            said = found(bug)
            missed += said is None
            print(f"    {said or 'NOT FOUND'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
