"""The list of what is published: one line for each file, as sha256sum writes it. Lines are only ever added.

Whoever changes a class and its published file alike is found out by the digest; whoever changes the line too,
or takes it away, by the history of a list that only grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from ops.contracts.history import once_listed

LIST = "published.sha256"
EVENT_FILES = "*/*.v*.json"


def faults(folder: Path) -> list[str]:
    """Every published file or line that is gone or changed, and every event's file that has no line."""
    listed = _listed(folder)
    found = [fault for name, digest in listed.items() if (fault := _fault(folder, name, digest))]
    lines = {f"{digest}  {name}" for name, digest in listed.items()}
    found += [
        f"{line.partition('  ')[2]} was published, and its line of then is not in {LIST}: bring both back."
        for line in sorted((once_listed(folder / LIST) or set()) - lines)
    ]
    there = {path.relative_to(folder).as_posix() for path in folder.glob(EVENT_FILES)}
    return found + [
        f"{name} is not in {LIST}: files are published by `./rapport schemas` alone."
        for name in sorted(there - listed.keys())
    ]


def publish(folder: Path, names: Iterable[str]) -> bytes:
    """The list with the digests of these files of the folder added."""
    new = {name: _digest(folder / name) for name in names}
    lines = sorted({**new, **_listed(folder)}.items())
    return "".join(f"{digest}  {name}\n" for name, digest in lines).encode()


def _listed(folder: Path) -> dict[str, str]:
    path = folder / LIST
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _fault(folder: Path, name: str, digest: str) -> str | None:
    if not (folder / name).exists():
        return f"{name} is published and is gone: bring it back."
    if _digest(folder / name) != digest:
        return (
            f"{name} is published and was changed: bring it back, and give its event a new version instead."
        )
    return None


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
