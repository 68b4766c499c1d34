"""Questions that wait while the database is busy go to it together, with the next round trip."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Generic, TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")


class Closed(Exception):
    """The group takes no more questions."""


class Grouping(Generic[Q, A]):
    """Asks in batches: no lingering, at most `lanes` batches under way, at most `waiting` questions held.

    A further lane is only for `worth` questions or more: two small batches cost twice what one costs.
    `ask_all` answers each question of a batch, or gives its exception; `weigh` bounds a batch to `capacity`;
    two questions that share an `apart` value never go into one batch: the later waits for the next. Where at
    least `split_from` wait and none is under way, a batch takes half of them: the other half is made ready
    meanwhile.
    """

    def __init__(
        self,
        ask_all: Callable[[Sequence[Q]], Awaitable[Sequence[A | BaseException]]],
        *,
        lanes: int,
        waiting: int,
        most: int,
        worth: int = 1,
        weigh: Callable[[Q], int] = lambda _question: 0,
        capacity: int = 1,
        apart: Callable[[Q], Collection[object]] = lambda _question: (),
        split_from: int = sys.maxsize,
    ) -> None:
        self._ask_all = ask_all
        self._lanes = lanes
        self._room = asyncio.Semaphore(waiting)
        self._most = most
        self._worth = worth
        self._weigh = weigh
        self._capacity = capacity
        self._apart = apart
        self._split_from = split_from
        self._under_way = 0
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._closed = False

    async def ask(self, question: Q) -> A:
        """The answer; while too many wait, the asker waits before being one of them."""
        async with self._room:
            if self._closed:
                raise Closed
            answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
            self._waiting.append((question, answer))
            if not self._running or (len(self._running) < self._lanes and self._worth_a_lane):
                self._running.add(asyncio.create_task(self._run()))
            return await answer

    @property
    def waiting(self) -> int:
        """How many questions wait for a batch to take them."""
        return len(self._waiting)

    @property
    def _worth_a_lane(self) -> bool:
        return len(self._waiting) >= self._worth

    async def close(self) -> None:
        """Refuses new questions and returns when all that waited are answered."""
        self._closed = True
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self) -> None:
        try:
            await self._run_batches()
        finally:
            # In the same step as the last look at who waits: a lane that is only about to end serves nobody.
            self._running.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _run_batches(self) -> None:
        while (len(self._running) == 1 or self._worth_a_lane) and (batch := self._take()):
            self._under_way += len(batch)
            try:
                answers = await self._ask_all([question for question, _ in batch])
            except BaseException as error:
                _tell(batch, [error] * len(batch))
                if not isinstance(error, Exception):
                    raise
            else:
                _tell(batch, answers)
            finally:
                self._under_way -= len(batch)
            await asyncio.sleep(0)  # whoever asks again at once goes along

    def _take(self) -> list[tuple[Q, asyncio.Future[A]]]:
        """The next batch, first come first served; who is left keeps the order."""
        batch: list[tuple[Q, asyncio.Future[A]]] = []
        later: list[tuple[Q, asyncio.Future[A]]] = []
        taken: set[object] = set()
        weight = 0
        split = not self._under_way and len(self._waiting) >= self._split_from
        most = min(self._most, len(self._waiting) // 2 if split else self._most)
        # Where all want the same thing, looking further would only be quadratic.
        while self._waiting and len(batch) < most and len(later) < self._most:
            item = self._waiting.popleft()
            if item[1].done():  # its asker gave up
                continue
            mine = self._apart(item[0])
            size = self._weigh(item[0])
            if taken.isdisjoint(mine) and (not batch or weight + size <= self._capacity):
                batch.append(item)
                weight += size
            else:
                later.append(item)
            taken.update(mine)  # whoever shares a value with one that waits waits behind it
        self._waiting.extendleft(reversed(later))
        return batch


def _tell(batch: Sequence[tuple[Q, asyncio.Future[A]]], answers: Sequence[A | BaseException]) -> None:
    for (_, waiter), answer in zip(batch, answers, strict=True):
        if waiter.done():
            continue
        if isinstance(answer, BaseException):
            waiter.set_exception(answer)
        else:
            waiter.set_result(answer)
