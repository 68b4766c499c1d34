"""Keys of an organisation that are derived, not stored: for digests, and for sealing what is no person's."""

from __future__ import annotations

import hmac
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.vault.sealing import Key

DIGEST_BYTES = 16


@lru_cache(maxsize=4096)
def _derived(secret: bytes, org_id: UUID, use: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869): 32 bytes for one organisation and one use."""
    return HKDF(SHA256(), 32, salt=org_id.bytes, info=use).derive(secret)


def digest(secret: bytes, org_id: UUID, kind: str, value: str | bytes) -> bytes:
    """HMAC-SHA256 of a value, cut to 16 bytes: equal for equal values of one kind in one organisation."""
    plain = value.encode() if isinstance(value, str) else value
    key = _derived(secret, org_id, b"digest")
    return hmac.digest(key, kind.encode() + b"\0" + plain, "sha256")[:DIGEST_BYTES]


def organisation_key(secret: bytes, epoch: int, org_id: UUID) -> Key:
    """What seals an organisation's answers: they are no person's and run out after 30 days."""
    key_id = UUID(bytes=_derived(secret, org_id, b"answer id")[:16])
    return Key(key_id, epoch, AESGCM(_derived(secret, org_id, b"answer")))
