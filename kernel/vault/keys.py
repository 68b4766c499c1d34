"""The secrets outside the database: the keys that wrap persons' keys, that of digests, that of tokens."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

EPOCH = 1
"""The epoch in which new keys are wrapped."""

DIGESTS = "digest.key"
TOKENS = "token.key"

SIZES = {f"wrapping.{EPOCH}.key": 32, DIGESTS: 32, TOKENS: 64}
"""Bytes of each file: AES-256, HMAC-SHA256, AES-SIV with 256 bits."""


class KeysMissing(Exception):
    """A key file is not there or not of its size; the sentence says which."""


def make_keys(folder: Path) -> None:
    """Makes the files that are missing, each readable by its owner alone; those that are there stay."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, size in SIZES.items():
        if not (folder / name).exists():
            _write_whole(folder / name, secrets.token_bytes(size))


def wrapping_keys(folder: Path) -> dict[int, bytes]:
    """Every epoch's wrapping key."""
    keys = {int(path.name.split(".")[1]): _read(path, 32) for path in folder.glob("wrapping.*.key")}
    if EPOCH not in keys:
        raise KeysMissing(f"There is no wrapping key of epoch {EPOCH} in {folder}.")
    return keys


def digest_key(folder: Path) -> bytes:
    """The key from which each organisation's key of digests is derived."""
    return _read(folder / DIGESTS, SIZES[DIGESTS])


def token_key(folder: Path) -> bytes:
    """The key of positions and cursors."""
    return _read(folder / TOKENS, SIZES[TOKENS])


def _read(path: Path, size: int) -> bytes:
    if not path.exists():
        raise KeysMissing(f"There is no {path.name} in {path.parent}.")
    key = path.read_bytes()
    if len(key) != size:
        raise KeysMissing(f"{path} has {len(key)} bytes instead of {size}.")
    return key


def _write_whole(path: Path, secret: bytes) -> None:
    """Written beside, then linked: what is there is there whole, and the first of two makers wins."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
