"""Where the lines go: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ops.errors import CannotRun

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What writing fails with where there is no more room."""


@contextmanager
def output(file: Path | None) -> Iterator[BinaryIO]:
    """A plain file is written beside, readable by its owner alone, and takes its name at the end.

    A link to it stays one. What is no plain file, such as a named pipe, is written into. Raises CannotRun.
    """
    if file is None:
        try:
            yield sys.stdout.buffer
        except OSError as error:
            if error.errno not in FULL:
                raise
            nobody_reads()
            raise CannotRun(f"standard output cannot be written: {error.strerror}.") from error
        return
    try:
        with file.open("wb") if file.exists() and not file.is_file() else _whole(file.resolve()) as stream:
            yield stream
    except OSError as error:
        if error.filename is None and error.errno not in FULL:
            raise  # not of the file
        raise CannotRun(f"{file} cannot be written: {error.strerror}.") from error


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(file)
    finally:
        beside.unlink(missing_ok=True)


def require_reader(stream: BinaryIO) -> None:
    """Raises BrokenPipeError where the other end of a pipe is closed: who writes nothing would not notice."""
    found = select.poll()
    found.register(stream.fileno(), 0)
    if any(event & select.POLLERR for _, event in found.poll(0)):
        raise BrokenPipeError


def nobody_reads() -> None:
    """Nobody takes standard output any more, as after `head`: what is still to be written goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
