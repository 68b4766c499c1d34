"""The operator's commands, given while everything goes on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import Any

from bench.faults.system import System
from ops.checkout import CHECKOUT
from ops.local.home import variables


async def begin(system: System, *arguments: str) -> Process:
    """Starts `./rapport … --json`."""
    told = {**variables.of(system.settings), "RAPPORT_HOME": str(system.folder / "nothing")}
    environment = {**os.environ, **told, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-P", "-m", "ops", *arguments, "--json"]
    with (system.folder / "logs" / "operator.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *command, cwd=CHECKOUT, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=log
        )


async def ask(running: Process) -> dict[str, Any]:
    """What it answers; it must end well."""
    said, _ = await running.communicate()
    assert running.returncode == 0, f"exit code {running.returncode}: {said.decode()[-2000:]}"
    document: dict[str, Any] = json.loads(said)
    return document


async def listed(system: System) -> dict[str, Any]:
    """What is parked; the command's exit code says that something is."""
    running = await begin(system, "parked", "list")
    said, _ = await running.communicate()
    document: dict[str, Any] = json.loads(said)
    return document
