"""`python -m tests.faults.planted`: plants them, one after another."""

from __future__ import annotations

import sys

from tests.faults.planted import (
    accidents,
    clocks,
    deaths,
    processes,
    reactions,
    relays,
    servers,
    topics,
)
from tests.faults.planted.bug import Bug
from tests.faults.planted.finding import found

ROOMS = (processes, deaths, relays, reactions, servers, accidents, clocks, topics)
BUGS: tuple[Bug, ...] = tuple(bug for room in ROOMS for bug in room.BUGS)


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
