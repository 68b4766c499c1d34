"""One command on its way: look at its streams, decide, append."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.aggregate import Aggregate
from kernel.commands import Rejected
from kernel.handling.answers import answer_of, problem_of, repeated, sealed
from kernel.handling.call import Answer, Call
from kernel.handling.streams import Stream, Streams
from kernel.handling.writing import Writing
from kernel.log.append import (
    Answered,
    AnsweredStream,
    Append,
    Appended,
    Outcome,
    Result,
    StoredAnswer,
    Taken,
    Write,
)
from kernel.log.facts import Event
from kernel.log.store import Store
from kernel.vault.vault import Vault
from kernel.web.problems import Problem, not_found

Seen = dict[UUID, Stream]
"""The streams that a command is decided on, its target first."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What it takes to try one command. Every step that raises a Problem has given the caller's answer."""

    service: str
    generation: int
    aggregate: Aggregate[Any]
    streams: Streams
    store: Store
    vault: Vault
    call: Call
    target: UUID
    now: datetime

    async def from_memory(self) -> Answer | None:
        """By the state remembered here. None: it would be refused, or change nothing, or others were quicker;
        for that what the log holds now must be asked."""
        stream = self.streams.remembered(self.call.org_id, self.target)
        if stream is None and self._is_new():
            stream = self._unbegun()
        if stream is None or self.call.command.spans:
            return None
        try:
            self._check(stream)
            decided = self._decide({self.target: stream})
        except (Rejected, Problem):
            return None
        return await self._accept({self.target: stream}, decided) if any(decided.values()) else None

    async def from_log(self) -> Answer | None:
        """By the streams as they are stored now. None: others were quicker."""
        call = self.call
        answer_of = (call.actor, call.key) if call.key else None
        seen, stored = await self.streams.load(self.aggregate, call.org_id, [self.target], answer_of)
        if stored is not None:
            return self._repeated(stored)
        seen = await self._complete(seen)
        self._check(seen[self.target])
        try:
            decided = self._decide(seen)
        except Rejected as refusal:
            return await self._refuse(seen, refusal)
        if any(decided.values()):
            return await self._accept(seen, decided)
        return await self._leave(seen)

    def _is_new(self) -> bool:
        return self.call.command.begins and self.aggregate.stream_of is None

    def _unbegun(self) -> Stream:
        initial = self.aggregate.initial(self.target)
        return Stream(self.target, self.aggregate.name, 0, initial, opened_at=time.monotonic())

    async def _complete(self, found: Mapping[UUID, Stream]) -> Seen:
        """The target first, then what a command that spans streams needs beside it."""
        seen = {self.target: found.get(self.target) or self._unbegun()}
        touches = self.aggregate.touches
        if not self.call.command.spans or touches is None:
            return seen
        asked = {self.target}
        while missing := touches(self.call.command, self.target, self._states(seen)) - asked:
            more, _ = await self.streams.load(self.aggregate, self.call.org_id, missing)
            seen |= {stream_id: more[stream_id] for stream_id in sorted(more)}
            asked |= missing
        return seen

    def _states(self, seen: Seen) -> dict[UUID, Any]:
        return {
            stream_id: stream.state
            for stream_id, stream in seen.items()
            if stream.version and stream.kind == self.aggregate.name
        }

    def _check(self, stream: Stream) -> None:
        command, expected = self.call.command, self.call.if_match
        there = stream.version > 0
        if command.begins and there and self.aggregate.stream_of is None:
            raise Problem("already-exists", f"There is a {self.aggregate.name} with this id.", pointer="/id")
        if not there and not command.begins:
            raise not_found()
        if stream.kind != self.aggregate.name:
            raise not_found()
        if expected is not None and expected != stream.version:
            raise Problem("stale-version", f"It is at version {stream.version}: read it again.")

    def _decide(self, seen: Seen) -> Mapping[UUID, Sequence[Event]]:
        command = self.call.command
        if command.spans and self.aggregate.decide_many is not None:
            return self.aggregate.decide_many(command, self.target, self._states(seen), self.now)
        return {self.target: self.aggregate.decide(command, seen[self.target].state, self.now)}

    async def _accept(self, seen: Seen, decided: Mapping[UUID, Sequence[Event]]) -> Answer | None:
        writing = Writing(self.aggregate, self.vault, self.call.org_id, self.now)
        pairs = await writing.writes(seen, decided)
        result = await self._append("accepted", [write for write, _ in pairs])
        if not isinstance(result, Appended):
            return self._lost(seen, result)
        answered = []
        for write, stream in pairs:
            if (reached := result.streams.get(write.stream_id)) is not None:
                stream = replace(stream, partition=reached.partition, position=reached.position)
            self.streams.remember(self.call.org_id, stream)
            answered.append(_answered(write, stream))
        return answer_of(self.service, self.generation, answered)

    async def _leave(self, seen: Seen) -> Answer | None:
        """Nothing to do, and that is an answer."""
        stream = seen[self.target]
        write = Write(stream.stream_id, stream.kind, _key(stream), stream.version, ())
        if self.call.key is not None:
            result = await self._append("unchanged", [write])
            if not isinstance(result, Appended):
                return self._lost(seen, result)
        return answer_of(self.service, self.generation, [_answered(write, stream)])

    async def _refuse(self, seen: Seen, refusal: Rejected) -> Answer | None:
        if self.call.key is not None:
            result = await self._append("rejected", [], sealed(self.vault, self.call, refusal))
            if not isinstance(result, Appended):
                return self._lost(seen, result)
        raise problem_of(refusal)

    async def _append(self, outcome: Outcome, writes: list[Write], problem: bytes | None = None) -> Result:
        call = self.call
        return await self.store.append(
            Append(
                org_id=call.org_id,
                caller=call.actor,
                key=call.key,
                digest=call.digest,
                outcome=outcome,
                writes=tuple(writes),
                problem=problem,
                correlation_id=call.correlation_id,
                causation_id=call.causation_id,
                trace=call.trace,
                origin=call.origin,
            )
        )

    def _lost(self, seen: Seen, result: Result) -> Answer | None:
        if isinstance(result, Answered):
            return self._repeated(result.answer)
        if isinstance(result, Taken) and result.holder not in seen:
            taken = self.aggregate.taken
            raise Problem(taken.code, taken.sentence, status=409, members={"holder": str(result.holder)})
        return None  # others were quicker

    def _repeated(self, stored: StoredAnswer) -> Answer:
        return repeated(self.vault, self.service, self.generation, self.call, stored)


def _answered(write: Write, stream: Stream) -> AnsweredStream:
    events = enumerate(write.events, write.first)
    return AnsweredStream(
        stream_id=write.stream_id,
        first=write.first,
        last=write.last,
        partition=stream.partition,
        position=stream.position,
        events=tuple((event.event_id, event.type, version) for version, event in events),
    )


def _key(stream: Stream) -> UUID:
    return stream.partition_key or stream.stream_id
