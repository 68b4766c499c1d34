"""Two contacts turn out to be one customer, and then again not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.town import Town


async def registered(town: Town, given: str, *identifiers: tuple[str, str]) -> str:
    known = [{"kind": kind, "value": value} for kind, value in identifiers]
    body = {"kind": "person", "name": {"given": given, "family": "Gruber"}, "identifiers": known}
    return await town.command("contacts", "/contacts", body)


async def sold(town: Town, amount: str, **whose: Any) -> str:
    line = {"sku": "1082185", "category": "FRUIT", "quantity": "1", "amount": amount}
    return await town.command("sales", "/purchases", {"currency": "EUR", "lines": [line], **whose})


def net(page: dict[str, Any]) -> list[str]:
    return [one["net"]["amount"] for one in page["purchases"]]


async def told(town: Town, *contacts: str) -> str:
    """When the last of what happened to them was recorded."""
    timelines = [await town.question(f"/customers/{contact}/timeline") for contact in contacts]
    return max(event["recorded_at"] for timeline in timelines for event in timeline["events"])


async def listed(town: Town) -> list[str]:
    found = await town.question("/customers/search", {"words": "gruber"})
    return [customer["customer_id"] for customer in found["customers"]]


@pytest.mark.timeout(240)
async def test_merged_they_are_one_customer_everywhere_and_unmerged_both_are_back_exactly(town: Town) -> None:
    card = {"kind": "loyalty-card", "value": "2900 4242"}
    early = await sold(town, "4.00", identifier=card)
    anna = await registered(town, "Anna", ("email", "anna@example.org"))
    anni = await registered(town, "Anni", ("loyalty-card", "29004242"))
    await sold(town, "10.00", contact_id=anna)
    await sold(town, "2.50", identifier=card)
    await town.until(f"/customers/{anni}", lambda page: net(page) == ["6.50"])
    addresses = [f"/customers/{contact}{part}" for contact in (anna, anni) for part in ("", "/history/name")]
    before = [await town.question(address) for address in addresses]
    alone = await told(town, anna, anni)
    assert await listed(town) == [anna, anni]

    merge = str(uuid4())
    await town.command("contacts", f"/contacts/{anna}/merge-contact", {"other_id": anni, "merge_id": merge})
    page = await town.question(f"/customers/{anni}")
    assert page == await town.question(f"/customers/{anna}")
    assert page["customer_id"] == anna
    assert [contact["given"] for contact in page["contacts"]] == ["Anna", "Anni"]
    assert (net(page), page["purchases"][0]["purchases"]) == (["16.50"], 3)
    assert await listed(town) == [anna]
    events = (await town.question(f"/customers/{anna}/timeline"))["events"]
    assert sum(event["type"] == "ContactRegistered" for event in events) == 2
    assert [event["stream_id"] for event in events if event["type"] == "PurchaseAttributed"].count(early) == 1

    merged = await told(town, anna)

    await town.command("contacts", f"/contacts/{anna}/unmerge-contact", {"merge_id": merge})
    assert await listed(town) == [anna, anni]
    assert [await town.question(address) for address in addresses] == before
    for contact in (anna, anni):
        assert await town.question(f"/customers/{contact}?as_of={merged}") == page
    assert [await town.question(f"{address}?as_of={alone}") for address in addresses] == before
    found = await town.question(f"/customers/{anni}/changes?from={alone}&to={merged}")
    assert {"cell": "/customer_id", "before": anni, "after": anna} in found["cells"]
    assert [event["type"] for event in found["events"]] == ["CustomerJoined"]
    cell = await town.question(f"/customers/{anna}/explain?cell=/purchases/0/net&as_of={merged}")
    assert cell["value"] == {"amount": "16.50", "currency": "EUR"}
    assert sorted(step["event"]["type"] for step in cell["events"]) == [
        "PurchaseAttributed",
        "PurchaseAttributed",
        "PurchaseRecorded",
    ]
