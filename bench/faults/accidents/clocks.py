"""One process whose clock is an hour wrong, by libfaketime where this machine has it."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from bench.faults.accidents.killing import SECONDS_TO_DIE
from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import System

PLACES = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime")
NAME = "libfaketimeMT.so.1"

WHO = ("contacts", "sales", "contacts_relay", "sales_react", "worker", "views")
HOURS = {"+1h": "ahead", "-1h": "behind"}


def library() -> str | None:
    """Where libfaketime is: in LIBFAKETIME, or where systems put it."""
    if named := os.environ.get("LIBFAKETIME"):
        return named
    found = (path for place in PLACES for path in Path("/").glob(f"{place[1:]}/{NAME}"))
    return next(map(str, found), None)


def wrong(name: str, hours: str) -> Fault:
    """The clock of this process is wrong until it dies, and leaves behind whatever it held."""

    async def inject(system: System, load: Load, random: Random) -> int:
        program = system.programs[name]
        preload = library()
        assert preload is not None
        # Only what the process takes for the time of day; how long it waits is not touched.
        faked = {"LD_PRELOAD": preload, "FAKETIME": hours, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        await program.restart(**faked, FAKETIME_NO_CACHE="0")
        await system.ready(name)
        await load.more(100)
        program.kill()
        await program.ended(SECONDS_TO_DIE)
        return 1

    return Fault(f"the clock of {name} an hour {HOURS[hours]}", inject)
