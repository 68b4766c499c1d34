"""A reader of pages notices whatever is older than what it was told or shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from uuid import UUID, uuid4

import httpx
import pytest

from bench.faults.loading.load import ORG
from bench.faults.loading.readers import Pages
from kernel.web.positions import seal_positions

CONTACT = UUID(int=7)
KEY = bytes(64)


def page(version: int, position: int, generation: int = 1) -> httpx.Response:
    """What shows the contact at this version, from views that have come to this position."""
    at = seal_positions(KEY, ORG, {("contacts", generation): {3: position}})
    shown = {"contacts": [{"contact_id": str(CONTACT), "version": version}]}
    return httpx.Response(200, json=shown, headers={"rapport-position": at})


AWAY = httpx.Response(503, json={"type": "urn:rapport:problem:view-behind"})
NOBODY = httpx.Response(404, json={"type": "urn:rapport:problem:not-found"})
FORBIDDEN = httpx.Response(403, json={"type": "urn:rapport:problem:forbidden"})


def told(*events: str) -> Pages:
    """A writer was told that this has brought the contact to version 4."""
    pages = Pages("http://views", ORG, KEY)
    those = [{"id": str(uuid4()), "type": f"crm.contacts.{each}"} for each in events]
    pages.note({"id": str(CONTACT), "version": 4, "events": those, "position": "told"})
    return pages


async def read(answers: Sequence[httpx.Response]) -> Pages:
    """A reader's work, until it has these answers."""
    pages = told("NameCorrected")
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["rapport-position"].startswith("told")
        if len(left) == 1:
            pages.stop()
        return left.pop(0)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        async with asyncio.timeout(20):
            await pages.read(http, Random(1))
    return pages


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answers", "shown", "stale"),
    [
        ((page(4, 10), AWAY, page(5, 11), page(5, 11)), 3, 0),
        ((page(4, 10), page(4, 12, generation=2)), 2, 0),
        ((page(3, 10),), 1, 1),
        ((NOBODY,), 1, 1),
        ((page(5, 10), page(4, 11)), 2, 1),
        ((page(4, 10), page(4, 9)), 2, 1),
        ((page(4, 10), page(4, 9, generation=2)), 2, 1),
    ],
)
async def test_a_page_older_than_what_its_reader_knew_is_counted(
    answers: Sequence[httpx.Response], shown: int, stale: int
) -> None:
    pages = await read(answers)
    assert (pages.shown, len(pages.stale), pages.strange) == (shown, stale, [])


@pytest.mark.asyncio
async def test_a_refusal_that_nobody_may_get_is_no_page() -> None:
    pages = await read([FORBIDDEN])
    assert (len(pages.strange), pages.stale) == (1, [])


@pytest.mark.parametrize("events", [(), ("InteractionRecorded",), ("NameCorrected", "ContactMerged")])
def test_of_what_a_page_does_not_count_none_is_asked_for(events: tuple[str, ...]) -> None:
    assert not told(*events).lately
