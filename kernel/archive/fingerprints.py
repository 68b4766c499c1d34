"""By which keys an archive's digests and sealed values were made, told without telling the keys."""

from __future__ import annotations

import hmac
from pathlib import Path

from kernel.vault.keys import digest_key, wrapping_keys

BYTES = 8


def fingerprints(keys: Path) -> dict[str, str]:
    """HMAC-SHA256 of a fixed text under each key, cut to 8 bytes; raises KeysMissing."""
    secrets = {"digest": digest_key(keys)}
    secrets |= {f"wrapping.{epoch}": key for epoch, key in sorted(wrapping_keys(keys).items())}
    return {
        name: hmac.digest(key, b"rapport archive", "sha256")[:BYTES].hex() for name, key in secrets.items()
    }
