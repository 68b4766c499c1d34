"""What the peers answer to a command: as much as ours."""

from __future__ import annotations

import hashlib
from uuid import UUID

from pydantic import BaseModel, TypeAdapter

from services.contacts.commands import RecordInteraction

_COMMAND = TypeAdapter(RecordInteraction)


class Fact(BaseModel):
    """An event that the command made."""

    id: UUID
    type: str


class Answer(BaseModel):
    """The command is durable."""

    id: UUID
    version: int
    events: tuple[Fact, ...]


def answer(contact: UUID, version: int, event: UUID) -> Answer:
    return Answer(id=contact, version=version, events=(Fact(id=event, type="InteractionRecorded"),))


def digest(command: RecordInteraction) -> bytes:
    """What tells a repeat from another command under the same key."""
    return hashlib.sha256(_COMMAND.dump_json(command)).digest()
