"""What is drawn, wished and said of faults is right before any process is killed for it."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast
from uuid import UUID

import pytest

from bench.faults.accidents import clocks
from bench.faults.campaign import Campaign, drawn, every, measure
from bench.faults.loading.load import ORG
from bench.faults.loading.wishes import CARDS, Town
from bench.faults.oracle import ZERO, Line
from bench.faults.system import System, until, until_none
from bench.faults.table import rows

LINE = Line(
    fault="Kafka killed",
    injections=1,
    commands=100,
    repeated=3,
    pages=40,
    unsettled=0,
    lost=0,
    doubled=0,
    inverted=0,
    otherwise=0,
    views=0,
    stale=0,
    strange=0,
    recovery_s=1.5,
)


def test_every_fault_comes_once_before_any_comes_again() -> None:
    faults, draw = every(clocks.library() is not None), drawn(Random("seed"))
    for _ in range(2):
        assert Counter(next(draw).name for _ in faults) == Counter(fault.name for fault in faults)


def test_no_two_faults_have_one_name() -> None:
    names = Counter(fault.name for fault in every(clocked=True))
    assert max(names.values()) == 1


def test_a_seed_gives_the_same_order_with_and_without_wrong_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = []
    for library in (None, "libfaketime.so.1"):
        monkeypatch.setattr(clocks, "library", lambda found=library: found)
        draw = drawn(Random("seed"))
        orders.append([next(draw).name for _ in every(clocked=library is not None)])
    without, with_clocks = orders
    assert len(without) < len(with_clocks)
    assert [name for name in with_clocks if name in without] == without


def test_a_seed_gives_the_same_faults_and_the_same_commands_again() -> None:
    first, again = drawn(Random("seed")), drawn(Random("seed"))
    assert [next(first).name for _ in range(9)] == [next(again).name for _ in range(9)]
    one, other = Random("seed 3"), Random("seed 3")
    town = Town(ORG, "seed")
    assert [town.wish(one) for _ in range(99)] == [town.wish(other) for _ in range(99)]


def test_writers_wish_something_of_every_kind() -> None:
    town, random = Town(ORG, "seed"), Random(1)
    wished = {wish.path.rpartition("/")[2] for wish in (town.wish(random) for _ in range(500))}
    assert {"contacts", "purchases", "correct-name", "add-identifier", "merge-contact"} <= wished
    assert UUID(town.registrations()[0].body["id"]) == town.contact(0)


def test_no_two_seeds_speak_of_one_card() -> None:
    seen = [cards_of(seed) for seed in ("7-1", "7-11")]
    assert len(seen[0]) == len(seen[1]) == CARDS
    assert not seen[0] & seen[1]


def cards_of(seed: str) -> set[str]:
    """Every card that writers of this seed wish something of, as it is compared."""
    town, random = Town(ORG, seed), Random(1)
    wishes = [town.identifier(town.contact(0), random) for _ in range(2_000)]
    return {wish.body["identifier"]["value"].replace("-", "") for wish in wishes}


def test_a_line_of_the_table_adds_up_its_faults_and_tells_the_longest_recovery() -> None:
    (row,) = rows([LINE, replace(LINE, recovery_s=4.0, lost=2)])
    assert (row["injections"], row["commands"], row["lost"], row["recovery_s"]) == (2, 200, 2, 4.0)


def test_whatever_is_not_zero_is_an_answer_of_no() -> None:
    assert Campaign("seed", 1, [LINE]).met
    assert not Campaign("seed", 1).met
    assert not Campaign("seed", 1, [LINE], ["Kafka killed: waited in vain"]).met
    assert not replace(LINE, in_vain="waited for 90 s in vain: no page is shown").ok
    for name in ZERO:
        one: dict[str, Any] = {name: 1}
        assert not replace(LINE, **one).ok
        assert rows([replace(LINE, **one)])[0][name] == 1
        assert not Campaign("seed", 1, [LINE, replace(LINE, **one)]).met


@pytest.fixture
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every system is without any part; its logs say one word."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "worker.log").write_text("why")

    @asynccontextmanager
    async def nothing() -> AsyncIterator[System]:
        yield System(tmp_path, "", cast(Any, None))

    monkeypatch.setattr("bench.faults.systems.running", nothing)


@pytest.mark.usefixtures("systems")
def test_whatever_goes_wrong_is_a_failure_of_its_fault_with_its_logs_and_the_campaign_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    struck: Iterator[Line | Exception] = iter((LINE, KeyError("a name"), LINE))
    # Whoever runs this in the background may have it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    async def survive(*_: object) -> Line:
        found = next(struck, None)
        if isinstance(found, Line):
            return found
        if found is not None:
            raise found
        signal.raise_signal(signal.SIGINT)
        never: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        return await never

    monkeypatch.setattr("bench.faults.campaign.survive", survive)
    campaign = measure(print, 60, "seed")
    (failure,) = campaign.failures
    assert len(campaign.lines) == 2
    assert (campaign.stopped, campaign.met) == (True, False)
    assert "KeyError: 'a name'" in failure
    kept = Path(failure.rpartition("logs: ")[2].removesuffix(")"))
    assert (kept / "worker.log").read_text() == "why"
    shutil.rmtree(kept)
    assert {"Kafka killed", "stopped before its time was up"} <= set(re.split(r"\n|  +", campaign.text()))


@pytest.mark.asyncio
async def test_what_is_waited_for_in_vain_is_named() -> None:
    with pytest.raises(TimeoutError, match=r"waited for 0 s in vain: a; b$"):
        await until_none(lambda: asyncio.sleep(0, ["a", "b"]), 0)
    with pytest.raises(TimeoutError, match=r"in vain: Kafka answers$"):
        await until("Kafka answers", lambda: asyncio.sleep(0, False), 0)
    await until("Kafka answers", lambda: asyncio.sleep(0, True), 0)
