"""The agreements that are matched, and the random key of each, under which its tokens are made."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from kernel.vault.keys import EPOCH
from kernel.vault.wrapping import unwrap, wrap
from services.projections.matcher.pairing import Identifier

TOKEN_BYTES = 16

FOUND = """
SELECT agreement_id, sides, epoch, wrapped FROM match_key
WHERE wrapped IS NOT NULL AND sides && $1::uuid[] ORDER BY agreement_id"""

MAKE = "INSERT INTO match_key (agreement_id, sides, epoch, wrapped) VALUES ($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement that is matched."""

    agreement_id: UUID
    sides: tuple[UUID, UUID]
    """In the order of their ids."""
    key: bytes = field(repr=False)

    def token(self, identifier: Identifier) -> bytes:
        """HMAC-SHA256, cut to 16 bytes: the same value has another token under another agreement."""
        kind, value = identifier
        return hmac.digest(self.key, f"{kind}\0{value}".encode(), "sha256")[:TOKEN_BYTES]


async def agreements_of(
    db: asyncpg.Connection, wrapping: Mapping[int, bytes], orgs: Collection[UUID]
) -> list[Agreement]:
    """Those that are matched and have one of these organisations as a side; raises KeysMissing."""
    return [
        Agreement(
            row["agreement_id"],
            (row["sides"][0], row["sides"][1]),
            unwrap(wrapping, row["epoch"], row["wrapped"], _owner(row["agreement_id"])),
        )
        for row in await db.fetch(FOUND, list(orgs))
    ]


async def make(
    db: asyncpg.Connection, wrapping: Mapping[int, bytes], agreement_id: UUID, sides: tuple[UUID, UUID]
) -> None:
    """A new key for an agreement that has none."""
    wrapped = wrap(wrapping, secrets.token_bytes(32), _owner(agreement_id))
    await db.execute(MAKE, agreement_id, sorted(sides), EPOCH, wrapped)


def _owner(agreement_id: UUID) -> bytes:
    return b"agreement" + agreement_id.bytes
