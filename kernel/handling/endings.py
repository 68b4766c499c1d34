"""What became of a command, made durable and answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from kernel.aggregate import Aggregate
from kernel.commands import Rejected
from kernel.handling.answers import answer_of, problem_of, repeated, sealed
from kernel.handling.call import Answer, Call
from kernel.handling.streams import FoldedStream, Seen, Streams
from kernel.handling.writing import Writing
from kernel.log.facts import Event
from kernel.log.store import Store
from kernel.log.store.append import (
    Answered,
    AnsweredStream,
    Append,
    Appended,
    Outcome,
    Result,
    StoredAnswer,
    StreamRef,
    Taken,
    Write,
)
from kernel.vault.vault import Vault
from kernel.web.problems import Problem


@dataclass(slots=True, kw_only=True)
class Endings:
    """The ways in which one call can end.

    Each gives its answer, raises it as a Problem, or gives None: others were quicker; ask the log.
    """

    service: str
    generation: int
    aggregate: Aggregate[Any]
    streams: Streams
    store: Store
    vault: Vault
    call: Call
    now: datetime

    async def accept(self, seen: Seen, decided: Mapping[StreamRef, Sequence[Event]]) -> Answer | None:
        """Something happened."""
        writing = Writing(self.aggregate, self.vault, self.call.org_id, self.now)
        pairs = await writing.writes(seen, decided)
        result = await self._append("accepted", [write for write, _ in pairs])
        if not isinstance(result, Appended):
            return self._lost(seen, result)
        answered = []
        for write, stream in pairs:
            if write.org_id is not None:
                continue  # its place is not for this organisation to know
            if (reached := result.streams.get(write.stream_id)) is not None:
                stream = replace(stream, partition=reached.partition, position=reached.position)
            self.streams.remember(stream)
            answered.append(_answered(write, stream))
        return answer_of(self.service, self.generation, answered)

    async def leave(self, stream: FoldedStream) -> Answer | None:
        """Nothing was to be done, and that is an answer."""
        key = stream.partition_key or stream.stream_id
        write = Write(stream.stream_id, stream.kind, key, stream.version, ())
        if self.call.key is not None:
            result = await self._append("unchanged", [write])
            if not isinstance(result, Appended):
                return self._lost({}, result)
        return answer_of(self.service, self.generation, [_answered(write, stream)])

    async def refuse(self, refusal: Rejected) -> Answer | None:
        """The decider said no."""
        if self.call.key is not None:
            result = await self._append("rejected", [], sealed(self.vault, self.call, refusal))
            if not isinstance(result, Appended):
                return self._lost({}, result)
        raise problem_of(refusal)

    def repeat(self, stored: StoredAnswer) -> Answer:
        """The key has its answer already."""
        return repeated(self.vault, self.service, self.generation, self.call, stored)

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
            return self.repeat(result.answer)
        if isinstance(result, Taken) and result.holder not in seen:
            taken = self.aggregate.taken
            raise Problem(taken.code, taken.sentence, status=409, members={"holder": str(result.holder)})
        return None


def _answered(write: Write, stream: FoldedStream) -> AnsweredStream:
    events = enumerate(write.events, write.first)
    return AnsweredStream(
        stream_id=write.stream_id,
        first=write.first,
        last=write.last,
        partition=stream.partition,
        position=stream.position,
        events=tuple((event.event_id, event.type, version) for version, event in events),
    )
