"""The journal of what callers were told: the first witness of `verify`, written by every load generator.

One line of JSON for each command that a service accepted, or found already so:

    {"service": "contacts", "org": "<UUID>", "caller": "<subject of the token>", "key": "<Idempotency-Key>",
     "stream": "<id>", "version": 3, "events": ["<event id>"], "position": "<Rapport-Position>"}

`stream`, `version`, `events` and `position` are the answer's `id`, `version`, `events[].id` and `position`;
`key` is left out where the command had none. What was rejected, or not answered at all, promises nothing and
needs no line.

Who wants to know besides that nothing acted twice notes every command of a caller before it is sent, and what
was refused for good. What then has neither an answer nor a refusal may or may not have happened:

    {"told": "sent", "service": "contacts", "org": "<UUID>", "caller": "<subject>", "key": "<key>"}
    {"told": "refused", …}
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID

import msgspec

BYTES_HELD = 64 * 1024


class Ack(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line of a journal."""

    service: str
    org: UUID
    caller: str
    stream: UUID
    version: int
    events: tuple[UUID, ...]
    position: str
    key: str | None = None


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line about a command that has no answer yet, or that was refused for good."""

    told: Literal["sent", "refused"]
    service: str
    org: UUID
    caller: str
    key: str


class _Kind(msgspec.Struct, frozen=True):
    told: str | None = None


_KIND = msgspec.json.Decoder(_Kind)
_ACK = msgspec.json.Decoder(Ack)
_NOTE = msgspec.json.Decoder(Note)


def read_line(line: bytes) -> Ack | Note:
    """Raises MsgspecError where it is neither."""
    return _ACK.decode(line) if _KIND.decode(line).told is None else _NOTE.decode(line)


_ENCODER = msgspec.json.Encoder()


class Acks:
    """Appends to a journal, whole lines at a time, so that several processes can share one file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._held = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, service: str, org: UUID, caller: str, key: str | None, answer: Mapping[str, Any]) -> None:
        """Notes an answer's body as it came: its `id`, `version`, `events` and `position`."""
        events = tuple(UUID(event["id"]) for event in answer["events"])
        ack = Ack(
            service, org, caller, UUID(answer["id"]), answer["version"], events, answer["position"], key
        )
        self._note(ack)

    def sent(self, service: str, org: UUID, caller: str, key: str) -> None:
        """Notes a command that is about to be sent; whoever notes one of a caller's notes them all."""
        self._note(Note("sent", service, org, caller, key))

    def refused(self, service: str, org: UUID, caller: str, key: str) -> None:
        """Notes that it was refused for good, so that nothing may have come of it."""
        self._note(Note("refused", service, org, caller, key))

    def _note(self, line: Ack | Note) -> None:
        self._held += _ENCODER.encode(line) + b"\n"
        if len(self._held) >= BYTES_HELD:
            self.flush()

    def flush(self) -> None:
        """Hands what is held to the operating system; an answer counts as noted from here on."""
        while self._held:
            del self._held[: os.write(self._file, self._held)]

    def close(self) -> None:
        self.flush()
        os.close(self._file)
