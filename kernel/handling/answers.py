"""Answers: how they follow from what was stored, so that a repeat says the same; and refusals, sealed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from kernel.commands import Rejected
from kernel.handling.call import Answer, Call
from kernel.log.store.append import AnsweredStream, StoredAnswer
from kernel.vault.sealing import open_sealed, seal
from kernel.vault.vault import Vault
from kernel.web.positions import Positions
from kernel.web.problems import Problem


class _Refusal(msgspec.Struct, frozen=True):
    code: str
    sentence: str
    pointer: str | None
    status: int


def answer_of(service: str, generation: int, streams: Sequence[AnsweredStream]) -> Answer:
    """The answer of a command that succeeded; the first stream is the one that it was sent to."""
    target = streams[0]
    events = tuple((event_id, kind) for stream in streams for event_id, kind, _ in stream.events)
    positions: Positions = {(service, generation): {}}
    reached = positions[service, generation]
    for stream in streams:
        reached[stream.partition] = max(stream.position, reached.get(stream.partition, 0))
    if not events:
        return Answer("unchanged", target.stream_id, target.last, (), positions)
    began = target.first == 1 and bool(target.events)
    return Answer("began" if began else "changed", target.stream_id, target.last, events, positions)


def repeated(vault: Vault, service: str, generation: int, call: Call, stored: StoredAnswer) -> Answer:
    """What the call's key was answered before; raises the Problem that it was, or the one of a reused key."""
    if stored.digest != call.digest:
        raise Problem("key-reused", "This idempotency key was used for another command: choose a new one.")
    if stored.problem is not None:
        raise problem_of(_opened(vault, call, stored.problem))
    return answer_of(service, generation, stored.streams)


def problem_of(refusal: Rejected | _Refusal) -> Problem:
    """A refusal as the caller sees it."""
    return Problem(refusal.code, refusal.sentence, status=refusal.status, pointer=refusal.pointer)


def sealed(vault: Vault, call: Call, refusal: Rejected) -> bytes:
    """A refusal as it is stored."""
    plain = msgspec.json.encode(_Refusal(refusal.code, refusal.sentence, refusal.pointer, refusal.status))
    return seal(vault.organisation_key(call.org_id), plain, _place(call.org_id, call))


def _opened(vault: Vault, call: Call, blob: bytes) -> _Refusal:
    plain = open_sealed(vault.organisation_key(call.org_id), blob, _place(call.org_id, call))
    return msgspec.json.decode(plain, type=_Refusal)


def _place(org_id: UUID, call: Call) -> bytes:
    return b"answer" + org_id.bytes + f"{call.actor}\0{call.key}".encode()
