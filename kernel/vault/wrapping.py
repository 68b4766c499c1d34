"""Persons' keys as the database holds them: wrapped by AES-256-GCM under the key of an epoch."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.vault.keys import EPOCH, KeysMissing
from kernel.vault.sealing import Key

Person = tuple[UUID, UUID]
"""Organisation and person."""


def new_wrapped(wrapping: Mapping[int, bytes], person: Person, key_id: UUID) -> bytes:
    """A new key for a person, wrapped in the present epoch: nonce, ciphertext, tag."""
    nonce = os.urandom(12)
    plain = AESGCM.generate_key(256)
    return nonce + AESGCM(wrapping[EPOCH]).encrypt(nonce, plain, _bound(person, key_id, EPOCH))


def unwrapped(wrapping: Mapping[int, bytes], person: Person, key_id: UUID, epoch: int, wrapped: bytes) -> Key:
    """The key; raises KeysMissing where the epoch's wrapping key is not here, or is another one."""
    try:
        cipher = AESGCM(wrapping[epoch])
        plain = cipher.decrypt(wrapped[:12], wrapped[12:], _bound(person, key_id, epoch))
    except (InvalidTag, KeyError) as error:
        raise KeysMissing(f"The key that wrapped a person's key in epoch {epoch} is not here.") from error
    return Key(key_id, epoch, AESGCM(plain))


def _bound(person: Person, key_id: UUID, epoch: int) -> bytes:
    return person[0].bytes + person[1].bytes + key_id.bytes + struct.pack(">H", epoch)
