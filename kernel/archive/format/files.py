"""Files of an archive: private, written whole or not at all, and read only as they were written."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kernel.archive.format.manifest import File

HIDDEN = "."
"""What a file's name begins with until it is whole."""


Progress = Callable[[str, str, int, int], None]
"""Called with what is done (`checked` …), the service, to how many of its events it is, and of how many."""


class Unfit(Exception):
    """The archive cannot be used; the sentence says which file, and what is wrong with it."""


def words(error: Exception) -> str:
    """The first line of an error, as the end of a sentence."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".") + "."


def beside(path: Path) -> Path:
    """Where a file is until it is whole; its folder is made, for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{HIDDEN}{path.name}")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    return unfinished


def finish(path: Path) -> tuple[int, str]:
    """Makes what was written beside it the file, durably; its size and SHA-256."""
    unfinished = path.with_name(f"{HIDDEN}{path.name}")
    with unfinished.open("rb+") as file:
        digest = sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
        size = file.tell()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _settle(path.parent)
    return size, digest.hexdigest()


def put(path: Path, content: bytes) -> None:
    """Writes a file whole, in place of a former one."""
    beside(path).write_bytes(content)
    finish(path)


def _settle(folder: Path) -> None:
    """The names in a folder are durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def verified(folder: Path, file: File) -> bytes:
    """The file's bytes, which are those that were written; raises Unfit.

    What is decoded afterwards is what was verified, whatever happens to the file meanwhile.
    """
    path = folder / file.file
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Unfit(f"{file.file} is missing.") from None
    if len(content) < file.bytes:
        raise Unfit(f"{file.file} is cut off: it has {len(content):,} bytes of {file.bytes:,}.")
    if sha256(content).hexdigest() != file.sha256:
        raise Unfit(f"{file.file} was altered: its checksum is not that of the manifest.")
    return content
