"""Questions that wait go together, unless they must be apart."""

import asyncio
from collections.abc import Sequence

import pytest

from kernel.log.store.grouping import Closed, Grouping


class Desk:
    """Answers each number with its double, when let; remembers the batches."""

    def __init__(self, **limits: object) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        given = {"lanes": 1, "waiting": 100, "most": 100, **limits}
        self.grouping: Grouping[int, int] = Grouping(self.answer, **given)  # type: ignore[arg-type]

    async def answer(self, questions: Sequence[int]) -> list[int | BaseException]:
        self.batches.append(list(questions))
        await self.open.wait()
        return [ValueError(number) if number < 0 else number * 2 for number in questions]

    def ask(self, *numbers: int) -> list["asyncio.Task[int]"]:
        return [asyncio.create_task(self.grouping.ask(number)) for number in numbers]


async def until_all_wait() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_comes_while_a_batch_is_under_way_goes_into_the_next():
    desk = Desk()
    first = desk.ask(1)
    await until_all_wait()
    others = desk.ask(2, 3, 4)
    await until_all_wait()
    desk.open.set()
    assert await asyncio.gather(*first, *others) == [2, 4, 6, 8]
    assert desk.batches == [[1], [2, 3, 4]]


async def test_a_batch_holds_no_more_than_its_limits():
    desk = Desk(most=3, weigh=lambda number: number, capacity=10)
    tasks = desk.ask(50, 1, 2, 3, 9, 1, 1)
    desk.open.set()
    await asyncio.gather(*tasks)
    assert desk.batches == [[50], [1, 2, 3], [9, 1], [1]]


async def test_a_second_batch_goes_beside_the_first_once_it_is_worth_it():
    desk = Desk(lanes=2, worth=3)
    tasks = desk.ask(1)
    await until_all_wait()
    tasks += desk.ask(2, 3)
    await until_all_wait()
    assert desk.batches == [[1]]
    tasks += desk.ask(4)
    await until_all_wait()
    assert desk.batches == [[1], [2, 3, 4]]
    tasks += desk.ask(5)
    desk.open.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]


async def test_where_many_wait_half_go_at_once_and_half_follow_while_they_are_under_way():
    desk = Desk(lanes=2, split_from=6)
    tasks = desk.ask(1, 2, 3, 4, 5, 6)
    await until_all_wait()
    assert desk.batches == [[1, 2, 3], [4, 5, 6]]
    desk.open.set()
    await asyncio.gather(*tasks)


async def test_two_that_must_be_apart_go_one_after_the_other_in_their_order():
    desk = Desk(apart=lambda number: (number % 10,))
    tasks = desk.ask(1, 2, 11, 21, 3)
    desk.open.set()
    await asyncio.gather(*tasks)
    assert desk.batches == [[1, 2, 3], [11], [21]]


async def test_who_shares_something_with_one_that_waits_waits_behind_it():
    shared = {1: "a", 2: "ab", 3: "b"}
    desk = Desk(apart=lambda number: shared[number])
    tasks = desk.ask(1, 2, 3)
    desk.open.set()
    await asyncio.gather(*tasks)
    assert desk.batches == [[1], [2], [3]]


async def test_one_question_fails_alone():
    desk = Desk()
    desk.open.set()
    results = await asyncio.gather(*desk.ask(1, -1, 2), return_exceptions=True)
    assert results[0] == 2
    assert isinstance(results[1], ValueError)
    assert results[2] == 4


async def test_who_gave_up_is_not_asked_for():
    desk = Desk()
    (first,) = desk.ask(1)
    await until_all_wait()
    gone, stays = desk.ask(2, 3)
    await until_all_wait()
    gone.cancel()
    await until_all_wait()
    desk.open.set()
    assert await asyncio.gather(first, stays) == [2, 6]
    assert desk.batches == [[1], [3]]


async def test_when_too_many_wait_the_next_asker_waits_before_being_held():
    desk = Desk(waiting=2)
    tasks = desk.ask(1, 2, 3)
    await until_all_wait()
    assert (desk.batches, desk.grouping.waiting) == ([[1, 2]], 0)
    desk.open.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert desk.batches == [[1, 2], [3]]


async def test_closing_answers_who_waits_and_refuses_the_next():
    desk = Desk()
    tasks = desk.ask(1, 2)
    await until_all_wait()
    closing = asyncio.create_task(desk.grouping.close())
    await until_all_wait()
    with pytest.raises(Closed):
        await desk.grouping.ask(3)
    desk.open.set()
    await closing
    assert [task.result() for task in tasks] == [2, 4]


async def test_a_question_asked_in_the_very_step_after_an_answer_is_answered():
    """The lane that answered has found nobody waiting and is about to end."""
    desk = Desk()
    desk.open.set()

    async def ask_twice(number: int) -> int:
        return await desk.grouping.ask(await desk.grouping.ask(number))

    async with asyncio.timeout(5):
        assert await asyncio.gather(*(ask_twice(n) for n in range(50))) == [n * 4 for n in range(50)]
