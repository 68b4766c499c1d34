"""`python -m tests.faults.planted`: plants them, one after another."""

from __future__ import annotations

import sys

from tests.faults.planted import accidents, clocks, deaths, processes, relays, servers
from tests.faults.planted.finding import found

BUGS = (*processes.BUGS, *deaths.BUGS, *relays.BUGS, *servers.BUGS, *accidents.BUGS, *clocks.BUGS)


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
