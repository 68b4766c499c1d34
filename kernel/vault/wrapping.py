"""Keys as the database holds them: wrapped by AES-256-GCM in an epoch, and bound to whose they are."""

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


def wrap(wrapping: Mapping[int, bytes], plain: bytes, owner: bytes) -> bytes:
    """Any key, wrapped in the present epoch: nonce, ciphertext, tag."""
    nonce = os.urandom(12)
    return nonce + AESGCM(wrapping[EPOCH]).encrypt(nonce, plain, _bound(owner, EPOCH))


def unwrap(wrapping: Mapping[int, bytes], epoch: int, wrapped: bytes, owner: bytes) -> bytes:
    """The same again; raises KeysMissing where the epoch's wrapping key is not here, or is another one."""
    try:
        return AESGCM(wrapping[epoch]).decrypt(wrapped[:12], wrapped[12:], _bound(owner, epoch))
    except (InvalidTag, KeyError) as error:
        raise KeysMissing(f"The key that wrapped another in epoch {epoch} is not here.") from error


def _bound(owner: bytes, epoch: int) -> bytes:
    return owner + struct.pack(">H", epoch)


def new_wrapped(wrapping: Mapping[int, bytes], person: Person, key_id: UUID) -> bytes:
    """A new key for a person."""
    return wrap(wrapping, AESGCM.generate_key(256), _owner(person, key_id))


def unwrapped(wrapping: Mapping[int, bytes], person: Person, key_id: UUID, epoch: int, wrapped: bytes) -> Key:
    """The person's key; raises KeysMissing."""
    return Key(key_id, epoch, AESGCM(unwrap(wrapping, epoch, wrapped, _owner(person, key_id))))


def _owner(person: Person, key_id: UUID) -> bytes:
    return person[0].bytes + person[1].bytes + key_id.bytes
