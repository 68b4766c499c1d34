"""Sealed data: AES-256-GCM under one key, bound to the one place where it belongs."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
_HEAD = struct.Struct(">BH16s12s")  # format, epoch, key id, nonce; ciphertext and tag follow
KEY_ID = slice(3, 19)
"""Where a sealed blob has the id of its key, in the clear."""
_PLACE = struct.Struct(">16s16sI")


@dataclass(frozen=True, slots=True)
class Key:
    """An unwrapped key in memory."""

    key_id: UUID
    epoch: int
    cipher: AESGCM = field(repr=False)


class CannotOpen(Exception):
    """The blob was sealed under another key, belongs elsewhere, or was changed."""


def binding(event_id: UUID, stream_id: UUID, version: int, event_type: str) -> bytes:
    """The place of an event's personal part; the type is the full one, as `crm.contacts.NameCorrected`."""
    return _PLACE.pack(event_id.bytes, stream_id.bytes, version) + event_type.encode()


def seal(key: Key, plain: bytes, place: bytes) -> bytes:
    """Format, epoch, key id and nonce in the clear, then the ciphertext with its tag; all of it is bound."""
    nonce = os.urandom(12)
    head = _HEAD.pack(FORMAT, key.epoch, key.key_id.bytes, nonce)
    return head + key.cipher.encrypt(nonce, plain, head[:19] + place)


def open_sealed(key: Key, blob: bytes, place: bytes) -> bytes:
    """What was sealed for this place; raises CannotOpen."""
    try:
        kind, _, key_id, nonce = _HEAD.unpack_from(blob)
        if kind == FORMAT and key_id == key.key_id.bytes:
            return key.cipher.decrypt(nonce, blob[_HEAD.size :], blob[:19] + place)
    except (struct.error, InvalidTag):
        pass
    raise CannotOpen("A sealed part cannot be opened here.")
