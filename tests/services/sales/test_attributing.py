"""Purchases find their contacts through real relays, a real topic and the real process of the reactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from kernel.settings import Settings
from services.sales.events import MOST_SET_ASIDE
from tests.conftest import Processes
from tests.services.sales.selling import Shop, open_shop
from tests.waiting import until


@pytest.fixture
async def shop(settings: Settings, processes: Processes) -> AsyncIterator[Shop]:
    """A shop whose facts are on their way to Kafka."""
    for service in ("contacts", "sales"):
        processes.start("relay", service, settings=settings)
    async with open_shop(settings) as shop:
        yield shop


async def test_either_order_attributes(settings: Settings, processes: Processes, shop: Shop) -> None:
    early = [await shop.sell("100"), await shop.sell("100"), await shop.sell("100", origin="imported")]
    processes.start("react", "sales", settings=settings)
    anna = await shop.register("100", "200")
    await shop.until_attributed((purchase, anna) for purchase in early)
    late = [await shop.sell("200"), await shop.sell("2 00", origin="imported")]
    await shop.add(anna, "300")
    late.append(await shop.sell("300"))
    await shop.sell(contact=anna)
    await shop.sell()
    await shop.until_attributed((purchase, anna) for purchase in early + late)


async def test_any_number_of_purchases_waits_for_one_identifier(
    settings: Settings, processes: Processes, shop: Shop
) -> None:
    processes.start("react", "sales", settings=settings)
    waiting = await asyncio.gather(*(shop.sell("100") for _ in range(2 * MOST_SET_ASIDE + 1)))
    anna = await shop.register("100")
    await shop.until_attributed((purchase, anna) for purchase in waiting)


@pytest.mark.parametrize("failpoint", ["reaction.folded", "reaction.committed", "reaction.answered"])
async def test_killed_anywhere_each_purchase_is_attributed_once(
    settings: Settings, processes: Processes, shop: Shop, monkeypatch: pytest.MonkeyPatch, failpoint: str
) -> None:
    expected = await some_purchases(shop)
    monkeypatch.setenv("RAPPORT_FAILPOINT", failpoint)
    process = processes.start("react", "sales", settings=settings)
    assert await asyncio.to_thread(process.wait, 30) == 137
    monkeypatch.delenv("RAPPORT_FAILPOINT")
    processes.start("react", "sales", settings=settings)
    expected += await some_purchases(shop, first=100)
    await shop.until_attributed(expected)


async def test_two_processes_share_the_work_and_one_may_die(
    settings: Settings, processes: Processes, shop: Shop
) -> None:
    other = settings.model_copy(update={"port": {**settings.port, "sales_react": settings.port["sales"]}})
    first = processes.start("react", "sales", settings=settings)
    processes.start("react", "sales", settings=other)
    expected = await some_purchases(shop)
    await shop.until_attributed(expected)
    first.kill()
    expected += await some_purchases(shop, first=100)
    await shop.until_attributed(expected)


async def test_the_process_tells_how_far_it_is_and_ends_in_order(
    settings: Settings, processes: Processes, shop: Shop
) -> None:
    expected = await some_purchases(shop)
    process = processes.start("react", "sales", settings=settings)
    await shop.until_attributed(expected)
    url = f"http://127.0.0.1:{settings.port['sales_react']}"
    async with httpx.AsyncClient() as client:

        async def caught_up() -> bool:
            body = (await client.get(f"{url}/readyz")).json()
            assert body["ready"]
            return (body["lag"], body["parked"]) == ({"attribute_purchase": 0}, {"attribute_purchase": 0})

        await until(caught_up)
        metrics = (await client.get(f"{url}/metrics")).text
    assert 'rapport_reaction_lag_events{reaction="attribute_purchase"} 0.0' in metrics
    process.terminate()
    assert await asyncio.to_thread(process.wait, 10) == 0


async def some_purchases(shop: Shop, first: int = 0) -> list[tuple[UUID, UUID]]:
    """Six contacts with a card each, three of them registered after their purchases: what is expected."""
    cards = [str(1_000 + first + n) for n in range(6)]
    known = {card: await shop.register(card) for card in cards[:3]}
    bought = [(await shop.sell(card), card) for card in cards * 4]
    known |= {card: await shop.register(card) for card in cards[3:]}
    return [(purchase, known[card]) for purchase, card in bought]
