"""The demonstration's steps, each timed: read, load, wait for the views, verify."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import uvloop

from kernel.settings import SERVICES, Settings
from ops.advance import Advance, Say, counting
from ops.checkout import CHECKOUT
from ops.demo import wishes
from ops.demo.arrival import until_shown
from ops.demo.loading import Loader
from ops.demo.source import Journey
from ops.local import issuer
from ops.local.home import remembered
from ops.local.home.home import Home
from ops.output import progress
from ops.verify.oracle import verify
from ops.verify.report import Verdict
from services.projections.app import VIEWS

ORGANISATION = "demo"
SUBJECT = "demo"
TIER_ON = "2017-12-31"
LIFE = int(timedelta(hours=12).total_seconds())


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long each step took. `load` ends when every view shows the last event."""

    fetch: float
    start: float
    read: float
    load: float
    verify: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the source holds, and how many commands this run sent for it."""

    households: int
    products: int
    baskets: int
    lines: int
    commands: int


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What the demonstration did, and the customer that it shows."""

    urls: dict[str, str]
    loaded: Loaded
    seconds: Seconds
    verdict: Verdict
    page: dict[str, Any]
    other: UUID
    """Another customer, to merge with."""
    command: str
    """How this program is called from here."""

    def document(self) -> dict[str, Any]:
        return {
            "urls": self.urls,
            "loaded": asdict(self.loaded),
            "seconds": asdict(self.seconds),
            "verify": self.verdict.document(),
            "tier_on": TIER_ON,
            "customer": self.page,
        }


def run(home: Home, small: bool, fetch: float, start: float) -> Demonstration:
    """All of it, against the running stack of this home; `fetch` and `start` are the seconds spent before."""
    with progress() as say:
        return uvloop.run(_run(home, small, fetch, start, say))


async def _run(home: Home, small: bool, fetch: float, start: float, say: Say) -> Demonstration:
    stack = remembered.load(home)
    assert stack is not None
    settings = remembered.settings(home, stack)
    urls = {name: f"http://127.0.0.1:{settings.port[name]}" for name in (*SERVICES, "views")}

    began = time.monotonic()
    say("reading the source …")
    journey = Journey(small)
    read = time.monotonic() - began

    began = time.monotonic()
    sent = await _load(home, settings, urls, journey, say)
    await _shown(settings, say)
    load = time.monotonic() - began

    verdict = await verify(settings, SERVICES, VIEWS, [home.root / "demo.acks"], say)
    loaded = Loaded(len(journey.households), len(journey.products), journey.baskets, journey.lines, sent)
    customer, other = journey.favourites()
    org = issuer.organisation(ORGANISATION)
    page = await _page(settings, urls["views"], wishes.contact_id(org, customer))
    return Demonstration(
        urls,
        loaded,
        Seconds(fetch, start, read, load, verdict.seconds),
        verdict,
        page,
        wishes.contact_id(org, other),
        shlex.quote(str(CHECKOUT / "rapport")),
    )


async def _load(home: Home, settings: Settings, urls: dict[str, str], journey: Journey, say: Say) -> int:
    org = issuer.organisation(ORGANISATION)
    token = issuer.token(settings, str(org), "operator", SUBJECT, LIFE)
    loader = Loader(org, SUBJECT, token, home.root / "demo.acks")
    parts: tuple[tuple[str, str, Iterable[wishes.Wish], int], ...] = (
        ("tiers", "sales", wishes.tiers(), 1),
        ("households", "contacts", wishes.contacts(org, journey), len(journey.households)),
        ("products", "sales", wishes.products(journey), len(journey.products)),
        ("purchases", "sales", wishes.purchases(org, journey), journey.baskets),
    )
    sent = 0
    try:
        for name, service, found, total in parts:
            sent += await loader.load(service, urls[service], found, counting(name, total, "commands", say))
    finally:
        await loader.close()
    return sent


async def _shown(settings: Settings, say: Say) -> None:
    advance, most = Advance("until every view shows all", say), 1

    def left(lacking: int) -> None:
        nonlocal most
        most = max(most, lacking)
        advance.now_and_then(most - lacking, most)

    await until_shown(settings, left)


async def _page(settings: Settings, url: str, customer: UUID) -> dict[str, Any]:
    token = issuer.token(settings, ORGANISATION, "manager", SUBJECT)
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30) as client:
        answer = await client.get(f"{url}/customers/{customer}", params={"on": TIER_ON})
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page
