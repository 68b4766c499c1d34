"""Ids that sort by the time at which they were made: UUID version 7 (RFC 9562)."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """48 bits of milliseconds, version, variant, 74 random bits."""
    value = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    return UUID(int=value & ~(0xF000 << 64) & ~(0xC000 << 48) | 0x7000 << 64 | 0x8000 << 48)
