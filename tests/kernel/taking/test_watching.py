"""A consumer is stuck when nothing is taken of what waits; how long it has waited is told as it is."""

from __future__ import annotations

from kernel.taking.checkpoints import Checkpoint, Head
from kernel.taking.watching import Watch
from tests.parcels.views import PARCEL

HERE, THERE = ("parcels", 0), ("parcels", 1)
LONG = 30.0


class Worker:
    """A watch whose time and topics are moved by hand, over two places of one view."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.watch = Watch(clock=lambda: self.now)
        self.watch.ends = {HERE: 0, THERE: 0}
        self.heads = {n: Checkpoint(n, {"parcels": Head()}) for n in (0, 1)}
        self.look()

    def look(self, after: float = 0.0, excused: bool = False) -> None:
        self.now += after
        self.watch.looked([(PARCEL, self.heads)], excused)

    def stored(self, records: int, place: tuple[str, int] = HERE) -> None:
        self.watch.ends[place] += records

    def take(self, records: int = 1, place: tuple[str, int] = HERE) -> None:
        self.heads[place[1]].head("parcels").offset += records

    def fetched(self, offset: int, stored_at: float) -> None:
        self.watch.fetched([(PARCEL, self.heads)], {HERE: (offset, stored_at)})

    @property
    def stuck(self) -> bool:
        return self.watch.stuck(LONG)

    @property
    def age(self) -> float:
        return self.watch.age(PARCEL, self.heads)


def test_a_record_after_long_quiet_finds_no_stuck_consumer() -> None:
    worker = Worker()
    worker.look(after=10 * LONG)
    worker.stored(1)
    worker.look()
    assert not worker.stuck
    worker.look(after=LONG - 1)
    assert not worker.stuck


def test_a_lag_of_which_nothing_is_taken_is_stuck() -> None:
    worker = Worker()
    worker.stored(5)
    for _ in range(int(LONG) + 2):
        worker.look(after=1)
    assert worker.stuck


def test_a_lag_that_shrinks_slowly_is_not_stuck() -> None:
    worker = Worker()
    worker.stored(10)
    for _ in range(9):
        worker.look(after=LONG - 1)
        worker.take()
    assert not worker.stuck


def test_a_lag_that_grows_while_records_are_taken_is_not_stuck() -> None:
    worker = Worker()
    for _ in range(9):
        worker.stored(10)
        worker.look(after=LONG - 1)
        worker.take()
    assert not worker.stuck


def test_what_is_known_to_wait_for_something_else_is_not_stuck() -> None:
    worker = Worker()
    worker.stored(5)
    worker.look()
    worker.look(after=3 * LONG, excused=True)
    assert not worker.stuck
    worker.look(after=LONG - 1)
    assert not worker.stuck


def test_a_new_consumer_is_given_its_own_time() -> None:
    worker = Worker()
    worker.stored(5)
    worker.look()
    worker.look(after=LONG + 1)
    assert worker.stuck
    worker.watch.begin()
    worker.look()
    worker.look(after=LONG - 1)
    assert not worker.stuck


def test_only_what_the_taker_reads_and_has_checkpoints_for_is_its_lag() -> None:
    worker = Worker()
    worker.watch.ends = {HERE: 3, ("parcels", 7): 5, ("others", 0): 9}
    worker.take(1)
    assert worker.watch.lag(PARCEL, worker.heads) == 2


def test_an_event_after_long_quiet_has_waited_since_it_came() -> None:
    worker = Worker()
    worker.stored(1)
    worker.fetched(0, worker.now - 5)
    worker.take(1)
    worker.look(after=36_000)
    worker.stored(1)
    worker.look(after=2)
    assert worker.age == 2
    worker.look(after=3)
    assert worker.age == 5


def test_what_nobody_takes_grows_older_and_is_forgotten_once_taken() -> None:
    worker = Worker()
    worker.stored(2)
    for _ in range(100):
        worker.look(after=1)
    assert 99 <= worker.age <= 101
    worker.take(2)
    assert worker.age == 0


def test_the_oldest_of_all_places_counts() -> None:
    worker = Worker()
    worker.stored(1, THERE)
    worker.look(after=1)
    worker.look(after=59)
    worker.stored(1, HERE)
    worker.look(after=1)
    assert worker.age == 61
    worker.take(1, THERE)
    assert worker.age == 1


def test_a_worker_that_took_nothing_since_its_start_tells_the_age_of_what_it_was_brought() -> None:
    worker = Worker()
    worker.watch = Watch(clock=lambda: worker.now, ends={HERE: 9})
    worker.look()
    worker.fetched(0, worker.now - 600)
    worker.look(after=1)
    assert worker.age == 601


def test_what_is_fetched_again_is_no_news_to_a_view_that_is_ahead() -> None:
    worker = Worker()
    worker.take(8)
    worker.stored(9)
    worker.look()
    worker.fetched(0, worker.now - 3_600)
    worker.look(after=4)
    assert worker.age == 4
