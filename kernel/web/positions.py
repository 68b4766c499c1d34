"""Positions as callers see them: sealed, equal for equal positions, and bound to one organisation."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from kernel.web.problems import Problem

Positions = dict[tuple[str, int], dict[int, int]]
"""(service, generation) → partition → position."""

POSITION_CONTEXT = b"position"
CURSOR_CONTEXT = b"cursor"
MOST_TOKENS = 32
LONGEST_HEADER = 8192

_PART = struct.Struct(">HB")
_ENTRY = struct.Struct(">BQ")


@cache
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)


def seal_text(key: bytes, org_id: UUID, context: bytes, plain: bytes) -> str:
    """Deterministic encryption (AES-SIV, RFC 5297) for one organisation and one use, as base64url."""
    sealed = _cipher(key).encrypt(plain, [org_id.bytes, context])
    return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def open_text(key: bytes, org_id: UUID, context: bytes, text: str) -> bytes:
    """What `seal_text` sealed; ValueError for anything else."""
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return _cipher(key).decrypt(sealed, [org_id.bytes, context])
    except (InvalidTag, NotBase64, UnicodeEncodeError, ValueError) as error:
        raise ValueError("not sealed here for this organisation") from error


def seal_positions(key: bytes, org_id: UUID, positions: Mapping[tuple[str, int], Mapping[int, int]]) -> str:
    """One token for all of `positions`; fixed width, so that its length tells no count."""
    plain = b"".join(
        _name(service) + _PART.pack(generation, len(entries)) + _entries(entries)
        for (service, generation), entries in sorted(positions.items())
    )
    return seal_text(key, org_id, POSITION_CONTEXT, plain)


def _name(service: str) -> bytes:
    name = service.encode("ascii")
    return bytes([len(name)]) + name


def _entries(entries: Mapping[int, int]) -> bytes:
    return b"".join(_ENTRY.pack(*entry) for entry in sorted(entries.items()))


def open_positions(key: bytes, org_id: UUID, text: str) -> Positions:
    """The positions of one or more tokens, the furthest of each partition; 400 `bad-position`."""
    tokens = [token.strip() for token in text.split(",")]
    if len(text) > LONGEST_HEADER or len(tokens) > MOST_TOKENS:
        raise Problem("bad-position", f"Rapport-Position takes up to {MOST_TOKENS} positions.")
    positions: Positions = {}
    for token in tokens:
        try:
            _merge(positions, _read(open_text(key, org_id, POSITION_CONTEXT, token)))
        except (ValueError, struct.error, IndexError) as error:
            raise Problem("bad-position", "Rapport-Position takes what an answer gave.") from error
    return positions


def _merge(into: Positions, more: Positions) -> None:
    for topic, entries in more.items():
        known = into.setdefault(topic, {})
        for partition, position in entries.items():
            known[partition] = max(position, known.get(partition, 0))


def _read(plain: bytes) -> Positions:
    positions: Positions = {}
    at = 0
    while at < len(plain):
        end = at + 1 + plain[at]
        service = plain[at + 1 : end].decode("ascii")
        generation, count = _PART.unpack_from(plain, end)
        at = end + _PART.size + count * _ENTRY.size
        entries = _ENTRY.iter_unpack(plain[end + _PART.size : at])
        positions[service, generation] = dict(entries)
    return positions
