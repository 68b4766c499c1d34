"""One export into a folder at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel.archive.format.files import HIDDEN, Unfit

NAME = f"{HIDDEN}lock"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """The folder is there, and nobody else writes into it; raises Unfit."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / NAME, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit(f"another export writes into {folder}.") from None
        yield
