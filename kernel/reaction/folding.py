"""What a batch of events comes to in one reaction: the pure part, between locking and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic
from uuid import UUID, uuid5

from kernel.reaction.memory import MemoryId
from kernel.reaction.reaction import Issue, M, Reaction
from kernel.reaction.traces import Traces
from kernel.taking.arrivals import Arrival, Failure, failure_of
from kernel.taking.fact import Fact, Stream
from kernel.taking.parking.parking import Parked, stream_of, take_or_park

Digests = Callable[[UUID, str, str], bytes]
"""The vault's keyed digest, by organisation, kind and normalised value."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A command that follows from an event."""

    command_id: UUID
    issue: Issue
    cause: Fact[Any]


@dataclass(slots=True)
class Step:
    """One arrival with the rows that it touches, or why it cannot be taken."""

    arrival: Arrival
    fact: Fact[Any] | None
    touches: tuple[MemoryId, ...] = ()
    failure: Failure | None = None


@dataclass
class Folded(Generic[M]):
    """What a batch comes to."""

    memories: dict[MemoryId, M]
    traces: dict[Stream, tuple[str, ...]]
    decided: list[Decided] = field(default_factory=list)
    applied: int = 0
    parked: Parked = field(default_factory=list)


def steps(
    reaction: Reaction[Any], arrivals: Iterable[Arrival], digest: Digests, refused: Failure | None = None
) -> list[Step]:
    """The arrivals that are for this reaction. `refused`: why the database would not take their outcome."""
    heard = (
        _step(reaction, arrival, digest, refused)
        for arrival in arrivals
        if arrival.envelope is None or arrival.envelope.type in reaction.types
    )
    return [step for step in heard if step.touches or step.failure or _of_whole_stream(reaction, step)]


def _step(reaction: Reaction[Any], arrival: Arrival, digest: Digests, refused: Failure | None) -> Step:
    fact = arrival.opened or arrival.fact
    failure = arrival.failure or arrival.unopened or refused
    if fact is None or failure is not None:
        return Step(arrival, None, failure=failure)
    org_id = fact.org_id
    try:
        keys = reaction.keys(fact, lambda kind, value: digest(org_id, kind, value).hex())
        return Step(arrival, fact, tuple((org_id, key) for key in keys))
    except Exception as error:
        return Step(arrival, None, failure=failure_of(error))


def _of_whole_stream(reaction: Reaction[Any], step: Step) -> bool:
    return step.fact is not None and isinstance(step.fact.event, reaction.whole_stream)


def touched(reaction: Reaction[Any], found: Iterable[Step], traces: Traces) -> set[MemoryId]:
    """Every row that the steps touch, by what their streams had touched before."""
    return {row for step in found for row in _rows(reaction, step, traces)}


def _rows(reaction: Reaction[Any], step: Step, traces: Traces) -> Iterable[MemoryId]:
    stream = stream_of(step.arrival)
    if stream is None or not _of_whole_stream(reaction, step):
        return step.touches
    return [(stream[1], key) for key in traces.get(stream, ())]


def traced(reaction: Reaction[Any], found: Iterable[Step]) -> set[Stream]:
    """The streams of the steps of which is kept what they touched."""
    streams = (stream_of(step.arrival) for step in found if step.arrival.service in reaction.traced)
    return {stream for stream in streams if stream}


def fold(
    reaction: Reaction[M],
    found: Sequence[Step],
    memories: Mapping[MemoryId, M],
    traces: Traces,
    blocked: set[Stream],
    issues: Callable[[Arrival], bool],
) -> Folded[M]:
    """Takes the steps in order, or parks them; `blocked` grows by the streams of those."""
    folded = Folded(dict(memories), dict(traces))

    def fold_one(step: Step, fact: Fact[Any]) -> None:
        after: dict[MemoryId, M] = {}
        issued: list[Issue] = []
        for row in _rows(reaction, step, folded.traces):
            before = folded.memories[row]
            after[row] = reaction.fold(before, fact)
            if issues(step.arrival):
                issued.extend(reaction.react(before, after[row], fact))
        folded.memories.update(after)
        _trace(reaction, step, folded)
        folded.decided.extend(_decided(reaction, fact, issued))

    take_or_park(found, folded, blocked, fold_one)
    return folded


def _trace(reaction: Reaction[Any], step: Step, folded: Folded[Any]) -> None:
    stream = stream_of(step.arrival)
    if stream is not None and step.arrival.service in reaction.traced:
        keys = (*folded.traces.get(stream, ()), *(key for _, key in step.touches))
        folded.traces[stream] = tuple(dict.fromkeys(keys))


def _decided(reaction: Reaction[Any], fact: Fact[Any], issued: Iterable[Issue]) -> Iterable[Decided]:
    """The same event always gives the same command ids, so that none is carried out twice."""
    for number, issue in enumerate(issued):
        yield Decided(uuid5(fact.envelope.event_id, f"{reaction.name}/{number}"), issue, fact)
