"""`rebuild` itself, run as an operator runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

from bench.stack import Processes
from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local.home import variables


def rebuilt(
    settings: Settings, processes: Processes, view: str, workers: int, events: int, *arguments: str
) -> dict[str, float]:
    """From the command's start until the new version may be switched to; it is dropped afterwards."""
    before, began = processes.cpu_seconds(), time.perf_counter()
    document, usage = ran(settings, "rebuild", view, "--workers", str(workers), *arguments)
    elapsed = time.perf_counter() - began
    if document["events"] != events:
        raise CannotRun(f"{document['events']:,} of {events:,} events were taken.")
    spent = processes.spent(before, events, "postgres", "kafka")
    ran(settings, "rebuild", view, "--drop", document["version"])
    return {
        "per_second": events / elapsed,
        "filling_per_second": document["per_second"],
        "cpu_us": (usage.ru_utime + usage.ru_stime) / events * 1e6,
        **spent,
        "memory_mb": usage.ru_maxrss / 1024,
    }


def ran(settings: Settings, *arguments: str) -> tuple[dict[str, Any], Any]:
    """Its answer, and what it and all its processes used; of memory, the largest of them."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "ops", *arguments, "--json"],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings), "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    told, failed = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CannotRun(f"rapport {' '.join(arguments)}: {failed}")
    return json.loads(told), usage
