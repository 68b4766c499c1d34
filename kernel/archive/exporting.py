"""From the store into an archive: a new one, or what one that is there lacks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kernel.archive.fingerprints import fingerprints
from kernel.archive.format import manifest as manifests
from kernel.archive.format.files import HIDDEN, Progress, Unfit, verified
from kernel.archive.format.manifest import Log, Manifest
from kernel.archive.leftovers import PLACES, tidy
from kernel.archive.locking import alone
from kernel.archive.stored import readable, write_log, write_vault
from kernel.failpoints import failpoint
from kernel.settings import Settings


async def export(
    settings: Settings, folder: Path, services: Sequence[str], with_keys: bool, tell: Progress
) -> tuple[Manifest, int]:
    """Brings the archive in `folder` up to the store, or begins one; what it is then, and how many are new.

    An export that was broken off has left the archive as it was. Persons' keys of a former export stay only
    `with_keys`. Raises Unfit, also where a part is damaged, DatabaseAway, KeysMissing.
    """
    await readable(settings, services)
    with alone(folder):
        former = _former(settings, folder)
        number, logs, added = former.number + 1, dict(former.services), 0
        for service in services:
            log = former.services.get(service, Log())
            logs[service] = await write_log(settings, folder, service, log, number, tell)
            added += logs[service].events - log.events
        vault = await write_vault(settings, folder, number) if with_keys else None
        made = Manifest(number=number, keys=former.keys, services=logs, vault=vault)
        failpoint("archive.written")
        manifests.write(folder, made)
        tidy(folder, made)
    return made, added


def _former(settings: Settings, folder: Path) -> Manifest:
    """The archive as it is, or an empty one."""
    keys = fingerprints(settings.keys)
    if not (folder / manifests.NAME).exists():
        if strange := [path.name for path in folder.iterdir() if not _ours(path.name)]:
            raise Unfit(f"{folder} is no archive, and not empty: it holds {sorted(strange)[0]}.")
        return Manifest(number=0, keys=keys, services={})
    former = manifests.read(folder)
    if former.keys != keys:
        raise Unfit(f"the archive in {folder} is of a system with other keys.")
    _refuse_damaged(folder, former)
    return former


def _refuse_damaged(folder: Path, former: Manifest) -> None:
    """Raises Unfit where a part that stays is not what was written: to add to it would pass for a backup."""
    for log in former.services.values():
        for part in log.parts:
            try:
                verified(folder, part)
            except Unfit as unfit:
                raise Unfit(
                    f"nothing is added to {folder}, which is not whole: {unfit} `./rapport log check` tells "
                    "all that is wrong; export into another folder."
                ) from unfit


def _ours(name: str) -> bool:
    """Whether an export that was broken off may have left it."""
    return name in PLACES or name.startswith(HIDDEN)
