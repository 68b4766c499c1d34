"""A disk that is full for a while: nothing that was answered is lost, and all goes on once there is room."""

from __future__ import annotations

import asyncio
import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bench.faults.loading.load import Load
from bench.faults.oracle import Fault
from bench.faults.system import SERVERS, System

MB = 400
PIECE = b"\0" * 65_536
SECONDS_FULL = 8.0


@contextmanager
def small(folder: Path, size_mb: int = MB) -> Iterator[Path]:
    """A disk of its own, in memory; raises OSError where this process may not make one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=755", "faults", str(folder)]
    done = subprocess.run(mount, capture_output=True)
    if done.returncode:
        raise OSError(done.stderr.decode().strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def _inject(system: System, load: Load, random: Random) -> int:
    ballast = system.folder / "ballast"
    filling = asyncio.create_task(_fill(ballast))
    try:
        await asyncio.sleep(SECONDS_FULL)  # whatever is freed is filled again
    finally:
        filling.cancel()
        ballast.unlink()
    for name in SERVERS:  # what ended for want of room is started again, as an operator would
        if not system.programs[name].runs:
            system.programs[name].start()
        await system.serving(name)
    return 1


async def _fill(path: Path) -> None:
    """Takes all the room there is, and goes on taking it."""
    with path.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(PIECE)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                await asyncio.sleep(0.01)


FULL = Fault("the disk is full", _inject)
