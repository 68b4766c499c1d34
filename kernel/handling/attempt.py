"""One command on its way: look at its streams, check, decide."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.aggregate import Aggregate
from kernel.commands import Rejected
from kernel.handling.call import Answer, Call
from kernel.handling.endings import Endings
from kernel.handling.streams import FoldedStream, Seen
from kernel.log.facts import Event
from kernel.log.store.append import StoredAnswer, StreamRef, stream_key
from kernel.web.problems import Problem, not_found


@dataclass(slots=True)
class Attempt:
    """What it takes to try one command, any number of times."""

    call: Call
    aggregate: Aggregate[Any]
    target: UUID
    endings: Endings

    async def from_memory(self) -> Answer | None:
        """By the state that is remembered here. None: it would be refused, or change nothing, or others were
        quicker; for that what the log holds now must be asked."""
        stream = self.endings.streams.remembered(self.call.org_id, self.target)
        if stream is None and self._is_new():
            stream = self._unbegun()
        if stream is None or self.call.command.spans:
            return None
        try:
            self._check(stream)
            decided = self._decide({self.target: stream})
        except (Rejected, Problem):
            return None
        return await self.endings.accept({self.target: stream}, decided) if any(decided.values()) else None

    async def from_log(self) -> Answer | None:
        """By the streams as they are stored now. None: others were quicker."""
        seen, stored = await self._look()
        if stored is not None:
            return self.endings.repeat(stored)
        self._check(seen[self.target])
        try:
            decided = self._decide(seen)
        except Rejected as refusal:
            return await self.endings.refuse(refusal)
        if any(decided.values()):
            return await self.endings.accept(seen, decided)
        return await self.endings.leave(seen[self.target])

    def _is_new(self) -> bool:
        return self.call.command.begins and self.aggregate.stream_of is None

    def _unbegun(self) -> FoldedStream:
        org_id = self.call.org_id
        initial = self.aggregate.initial(org_id, self.target)
        return FoldedStream(org_id, self.target, self.aggregate.name, 0, initial, opened_at=time.monotonic())

    async def _look(self) -> tuple[Seen, StoredAnswer | None]:
        """The target first, then what a command that spans streams needs beside it; and its key's answer.

        With each that turns out to be needed all are looked at anew: what is decided on was so at one moment.
        """
        call, streams, touches = self.call, self.endings.streams, self.aggregate.touches
        answer_of = (call.actor, call.key) if call.key else None
        wanted: list[StreamRef] = [self.target]
        while True:
            found, stored = await streams.load(call.org_id, wanted, answer_of)
            seen: Seen = {self.target: self._unbegun()}
            seen |= {each: found[each] for each in wanted if each in found}
            if stored is not None or not call.command.spans or touches is None:
                return seen, stored
            missing = touches(call.command, self.target, self._states(seen)).difference(wanted)
            if not missing:
                return seen, stored
            wanted += sorted(missing, key=lambda ref: stream_key(ref, call.org_id))

    def _states(self, seen: Seen) -> dict[StreamRef, Any]:
        begun = self.call.command.begins
        return {
            ref: stream.state
            for ref, stream in seen.items()
            if (stream.version or (begun and ref == self.target))
            and (isinstance(ref, tuple) or stream.kind == self.aggregate.name)
        }

    def _check(self, stream: FoldedStream) -> None:
        command, expected = self.call.command, self.call.if_match
        there = stream.version > 0
        if there and self._is_new():
            raise Problem("already-exists", f"There is a {stream.kind} with this id.", pointer="/id")
        if not there and not command.begins:
            raise not_found()
        if stream.kind != self.aggregate.name:
            raise not_found()
        if expected is not None and expected != stream.version:
            raise Problem("stale-version", f"It is at version {stream.version}: read it again.")

    def _decide(self, seen: Seen) -> Mapping[StreamRef, Sequence[Event]]:
        command, now = self.call.command, self.endings.now
        if command.spans and self.aggregate.decide_many is not None:
            return self.aggregate.decide_many(command, self.target, self._states(seen), now)
        return {self.target: self.aggregate.decide(command, seen[self.target].state, now)}
