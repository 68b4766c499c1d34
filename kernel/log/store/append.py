"""What a command asks the store to write, and what can come of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from kernel.log.envelope import Origin

Outcome = Literal["accepted", "unchanged", "rejected"]


StreamRef = UUID | tuple[UUID, UUID]
"""A stream of the organisation that asks, by its id; another organisation's, by both ids."""


def stream_key(ref: StreamRef, org_id: UUID) -> tuple[UUID, UUID]:
    """Its organisation and its id."""
    return ref if isinstance(ref, tuple) else (org_id, ref)


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as its command decided it: its JSON, and its personal part already sealed."""

    event_id: UUID
    type: str
    schema_version: int
    data: bytes
    personal: bytes | None
    occurred_at: datetime
    gate: bool = False
    """Whether it moves the head of its organisation's gate facts."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """What one stream of an organisation holds alone, e.g. an email address, by its keyed digest."""

    kind: str
    digest: bytes


class Write(msgspec.Struct, frozen=True):
    """The events that one stream gets, and the claims that it takes and releases with them.

    Without events the version is only checked; in an answer that changed nothing it is only remembered.
    """

    stream_id: UUID
    kind: str
    partition_key: UUID
    expected_version: int
    """The stream's version before; 0 begins it."""
    events: tuple[NewEvent, ...]
    takes: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    org_id: UUID | None = None
    """The other organisation whose stream it is: that has no part in the command's answer. None: its own."""

    @property
    def first(self) -> int:
        """The version of its first event; one more than `last` if it has none."""
        return self.expected_version + 1

    @property
    def last(self) -> int:
        """The stream's version afterwards."""
        return self.expected_version + len(self.events)


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One command's outcome: everything in it becomes durable, or nothing does."""

    org_id: UUID
    caller: str
    """Who asked: the actor of the events, and the scope of the key."""
    key: str | None = None
    """The idempotency key, if the caller gave one."""
    digest: bytes
    """A keyed digest of the command's body, to tell a repeat from another command with the same key."""
    outcome: Outcome = "accepted"
    writes: tuple[Write, ...]
    problem: bytes | None = None
    """The sealed problem of a rejected command."""
    correlation_id: UUID
    causation_id: UUID | None = None
    trace: str | None = None
    origin: Origin = "live"

    @property
    def size(self) -> int:
        """About how many bytes it carries."""
        events = (event for write in self.writes for event in write.events)
        return sum(len(event.data) + len(event.personal or b"") for event in events) + len(
            self.problem or b""
        )


class StreamRange(msgspec.Struct, frozen=True, gc=False):
    """What one stream got: versions `first` to `last`, the last of them at `position` of `partition`."""

    first: int
    last: int
    partition: int
    position: int


class Appended(msgspec.Struct, frozen=True):
    """It is durable."""

    streams: Mapping[UUID, StreamRange]
    """Of every write of the command's own organisation that had events."""
    recorded_at: datetime


class Stale(msgspec.Struct, frozen=True):
    """Nothing was written: these streams are not at the expected version, or live under another key."""

    stream_ids: tuple[UUID, ...]


class Taken(msgspec.Struct, frozen=True):
    """Nothing was written: another stream holds the claim."""

    claim: Claim
    holder: UUID


class AnsweredStream(msgspec.Struct, frozen=True):
    """A stream of a stored answer; if nothing was written, `first` is `last` + 1 and there are no events."""

    stream_id: UUID
    first: int
    last: int
    partition: int
    position: int
    """Of the event with version `last`."""
    events: tuple[tuple[UUID, str, int], ...]
    """Id, type and version of each event from `first` to `last`."""


class StoredAnswer(msgspec.Struct, frozen=True):
    """What a key was answered, enough to say the same again."""

    outcome: Outcome
    digest: bytes
    problem: bytes | None
    streams: tuple[AnsweredStream, ...]
    """In the order of the command's writes."""
    answered_at: datetime


class Answered(msgspec.Struct, frozen=True):
    """Nothing was written: the key has its answer already, perhaps to another body; compare the digests."""

    answer: StoredAnswer


Result = Appended | Stale | Taken | Answered
