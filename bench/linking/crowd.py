"""One record among very many: a crowd packed into two arrays, and how long matching somebody in it takes.

In the product the crowd lies in PostgreSQL; here records are lines in one buffer, and blocking keys one
sorted array, so that what is timed is finding, reading and scoring the candidates, without a network.
"""

from __future__ import annotations

import time
from array import array
from dataclasses import astuple, dataclass

import numpy

from bench.harness import latencies
from bench.linking.drawing import Draw
from bench.linking.households import elsewhere
from bench.workers import own_memory_mb
from lib.matching.blocking import MOST_SHARING, blocking_keys
from lib.matching.customers import match_customers
from lib.matching.model import Model
from lib.matching.pairs import Scored
from lib.matching.person import Person
from lib.matching.scoring import score
from lib.matching.standard import STANDARD

MOST_KEYS, NUMBER_BITS, SEED = 10, 20, 5
"""Keys of a person without identifiers; bits of its number, beside those of a key's hash."""
HASH = (1 << (64 - NUMBER_BITS)) - 1
NEWCOMERS = 0.5
"""Of those who are looked for, so many are not there."""


@dataclass(frozen=True, slots=True)
class Crowd:
    records: bytearray
    starts: array[int]
    keys: numpy.ndarray[tuple[int], numpy.dtype[numpy.uint64]]
    """A hash and a number in each, in order."""

    def __getitem__(self, number: int) -> Person:
        line = self.records[self.starts[number] : self.starts[number + 1]]
        given, family, birth, street, house, postal_code, city = line.decode().split("\t")
        return Person(given, family, birth, street, house, postal_code, city)

    def candidates(self, whom: Person) -> set[int]:
        hashes = numpy.array([_hash(key) for key in blocking_keys(whom)], numpy.uint64)
        firsts = numpy.searchsorted(self.keys, hashes << NUMBER_BITS).tolist()
        lasts = numpy.searchsorted(self.keys, (hashes + 1) << NUMBER_BITS).tolist()
        found: set[int] = set()
        for first, last in zip(firsts, lasts, strict=True):
            if last - first <= MOST_SHARING:
                found.update((self.keys[first:last] & ((1 << NUMBER_BITS) - 1)).tolist())
        return found


def _hash(key: str) -> int:
    return hash(key) & (HASH >> 1)


def gather(draw: Draw, size: int) -> Crowd:
    assert size < 1 << NUMBER_BITS
    records, starts = bytearray(), array("L", [0])
    keys = numpy.empty(size * MOST_KEYS, numpy.uint64)
    used = 0
    for number in range(size):
        whom = newcomer(draw)
        records += "\t".join(astuple(whom)[:-1]).encode()
        starts.append(len(records))
        for key in blocking_keys(whom):
            keys[used] = _hash(key) << NUMBER_BITS | number
            used += 1
    keys = keys[:used]
    keys.sort()
    return Crowd(records, starts, keys)


def newcomer(draw: Draw) -> Person:
    """Somebody without identifiers."""
    return draw.housed(Person(draw.name("given_name"), draw.name("surname"), draw.born(1930, 2005)))


def find(model: Model, crowd: Crowd, whom: Person) -> tuple[int, object]:
    """How many candidates there were, and who of the crowd it is, if anybody."""
    numbers = crowd.candidates(whom)
    pairs = [Scored(0, number, score(model, whom, crowd[number])) for number in numbers]
    matches = match_customers(model, pairs, {0: 0}, {number: number for number in numbers}).matches
    return len(numbers), matches[0].right if matches else None


def look(size: int, times: int) -> dict[str, float]:
    """Figures of looking for so many persons, half of whom are there with slips, among `size`.

    `cpu_` is the process's own time: what is left of the others when the machine has more to do.
    """
    draw = Draw(SEED)
    crowd, model = gather(draw, size), STANDARD.among(size)
    took, used, numbers, right = [], [], [], 0
    for _ in range(times):
        there = None if draw.happens(NEWCOMERS) else draw.random.randrange(size)
        whom = newcomer(draw) if there is None else elsewhere(draw, crowd[there])
        began, own = time.perf_counter(), time.process_time()
        number, found = find(model, crowd, whom)
        used.append(time.process_time() - own)
        took.append(time.perf_counter() - began)
        numbers.append(number)
        right += found == there
    return {
        **latencies(took),
        **latencies(used, "cpu_"),
        "candidates": sum(numbers) / times,
        "most_candidates": max(numbers),
        "right_per_cent": right / times * 100,
        "memory_mb": own_memory_mb(),
    }
