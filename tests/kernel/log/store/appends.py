"""Appends for tests, said briefly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kernel.ids import new_id
from kernel.log.store import Store
from kernel.log.store.append import Append, Claim, NewEvent, Write
from kernel.settings import Settings

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def noted(data: bytes = b"{}", personal: bytes | None = None, type: str = "Noted") -> NewEvent:
    return NewEvent(new_id(), type, 1, data, personal, NOON)


def write(
    stream: UUID,
    expected: int = 0,
    events: int | Sequence[NewEvent] = 1,
    *,
    takes: Sequence[Claim] = (),
    releases: Sequence[Claim] = (),
    key: UUID | None = None,
) -> Write:
    """One stream's part of a command; `events` are given, or so many are made."""
    made = tuple(noted() for _ in range(events)) if isinstance(events, int) else tuple(events)
    return Write(stream, "contact", key or stream, expected, made, tuple(takes), tuple(releases))


def append(org: UUID, *writes: Write, key: str | None = None, **others: Any) -> Append:
    given = {"caller": "agent", "digest": b"body", "correlation_id": new_id(), **others}
    return Append(org_id=org, key=key, writes=writes, **given)


def email(name: str) -> Claim:
    return Claim("email", name.encode())


@asynccontextmanager
async def opened(
    settings: Settings, service: str = "contacts", unread: Sequence[str] = ()
) -> AsyncIterator[Store]:
    store = await Store.open(settings, service, unread)
    try:
        yield store
    finally:
        await store.close()
