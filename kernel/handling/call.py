"""What a handler is asked, and what it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kernel.commands import Command
from kernel.log.envelope import Origin
from kernel.web.positions import Positions


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One command of one caller."""

    org_id: UUID
    actor: str
    """The caller's subject: who did it, and whose idempotency keys they are."""
    command: Command
    stream_id: UUID | None
    """The id in the address; for a beginning command the body's own `id`, or None for a new one."""
    digest: bytes
    """Of everything that must be equal in a repeat: command, id and body; by Handler.digest."""
    correlation_id: UUID
    key: str | None = None
    """The idempotency key."""
    if_match: int | None = None
    causation_id: UUID | None = None
    trace: str | None = None
    occurred_at: datetime | None = None
    """None: now."""
    origin: Origin = "live"


class Answer(msgspec.Struct, frozen=True):
    """A command that succeeded. Everything else is raised as a Problem."""

    kind: Literal["began", "changed", "unchanged"]
    id: UUID
    version: int
    events: tuple[tuple[UUID, str], ...]
    """Id and type of each, in order; none: there was nothing to do."""
    positions: Positions
    """How far a view must be to show it."""
