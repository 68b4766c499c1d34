"""What a command sets going, in whichever process, is one trace: down to the views that show it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from tests.collecting import collecting, spans_of
from tests.conftest import Processes
from tests.journeys.town import Town

CARD = {"kind": "loyalty-card", "value": "2900 4242"}
SECONDS_TO_EXPORT = 20


@pytest.fixture
async def traced(
    settings: Settings, processes: Processes, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Town, Callable[[], dict[tuple[str, str, str], bytes]]]]:
    """The town, and its spans by now: process, name, parent's name → trace."""
    with collecting() as (endpoint, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        make_keys(Path(settings.keys))

        def spans() -> dict[tuple[str, str, str], bytes]:
            found = spans_of(received)
            names = {span.span_id: span.name for _, span in found}
            return {
                (process, span.name, names.get(span.parent_span_id, "")): span.trace_id
                for process, span in found
            }

        async with httpx.AsyncClient(timeout=30) as http:
            town = Town(settings, token, http)
            await town.begin(processes)
            yield town, spans


@pytest.mark.timeout(240)
async def test_from_the_request_by_way_of_a_reaction_to_the_views(traced) -> None:
    town, spans = traced
    line = {"sku": "1082185", "quantity": "1", "amount": "4.00"}
    await town.command("sales", "/purchases", {"currency": "EUR", "lines": [line], "identifier": CARD})
    body = {"kind": "person", "name": {"given": "Anna"}, "identifiers": [CARD]}
    anna = await town.command("contacts", "/contacts", body)
    await town.until(f"/customers/{anna}", lambda page: page["purchases"])

    contact = ("rapport-contacts", "RegisterContact", "")
    purchase = ("rapport-sales", "RecordPurchase", "")
    person = ("rapport-worker", "view person", "RegisterContact")
    entry = ("rapport-worker", "view journal", "RecordPurchase")
    attributed = ("rapport-worker", "view customer_360", "AttributePurchase")
    async with asyncio.timeout(SECONDS_TO_EXPORT):
        while not {contact, purchase, person, entry, attributed} <= spans().keys():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    found = spans()
    assert found[contact] == found[person] != found[purchase] == found[entry]
    # The reaction hears of both in any order; the later one is its cause.
    [(cause, trace)] = {
        (parent, trace) for (_, name, parent), trace in found.items() if name == "AttributePurchase"
    }
    assert found[contact if cause == "RegisterContact" else purchase] == trace == found[attributed]
