"""Files beside an archive's own: what an export that runs, or was broken off, has in its folder."""

from __future__ import annotations

from pathlib import Path, PurePath

from kernel.archive import locking
from kernel.archive.format import manifest as manifests
from kernel.archive.format.files import HIDDEN
from kernel.archive.format.manifest import Manifest
from kernel.settings import SERVICES

PLACES = (*SERVICES, "vault")
"""Folders in which exports write."""


def strangers(folder: Path, manifest: Manifest) -> list[str]:
    """Paths in the folder, in order, of all that the manifest does not name."""
    held = {file.file for file in manifest.files()} | {manifests.NAME, locking.NAME}
    found = (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())
    return [name for name in found if name not in held]


def is_leftover(name: str) -> bool:
    """Whether an export may have left it, so that the next may delete it."""
    path = PurePath(name)
    return name == f"{HIDDEN}{manifests.NAME}" or (path.parts[0] in PLACES and path.suffix == ".parquet")


def tidy(folder: Path, manifest: Manifest) -> None:
    """Deletes them."""
    for name in filter(is_leftover, strangers(folder, manifest)):
        (folder / name).unlink()
