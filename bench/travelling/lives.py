"""A few customers with a thousand events each, decided, stored and folded as they are in production."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from decimal import Decimal
from itertools import product
from random import Random
from uuid import UUID

from bench.calling.interactions import SUMMARY
from bench.folding.events import LANGUAGES, PURPOSES, moment
from kernel.commands import Command
from kernel.database import connect_pool
from kernel.handling import Call, Handler
from kernel.ids import new_id
from kernel.log.envelope import write
from kernel.log.horizon import promise
from kernel.log.partitions import PARTITIONS
from kernel.log.reader import read_partition
from kernel.settings import Settings
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.opening import open_personal
from kernel.view.batch.applying import apply
from kernel.view.history.horizons import remember
from ops.local import issuer
from services.contacts import app as contacts_app
from services.contacts import commands as contacts
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.words import Channel, ContactKind, Name
from services.projections.app import VIEWS
from services.sales import app as sales_app
from services.sales.commands import RecordPurchase, SetValueTiers
from services.sales.events import PurchaseLine, ValueTier

ORG = issuer.organisation("bench")
CUSTOMERS, EVENTS = 8, 1_000
MOST = 9_990
"""Events of one customer more: nearly as many as an answer about the past may be made of."""
AT_ONCE = 2_000

SERVICES = {"contacts": contacts_app.SERVICE, "sales": sales_app.SERVICE}


async def live(settings: Settings) -> tuple[list[UUID], UUID]:
    """The customers and the one with most events, with everything that happened to them in the views."""
    async with AsyncExitStack() as stack:
        handlers: dict[str, Handler] = {}
        for name, service in SERVICES.items():
            handlers[name] = await Handler.open(settings, name, service.aggregates)
            stack.push_async_callback(handlers[name].close)
        tiers = tuple(
            ValueTier(name=name, threshold=Decimal(at)) for name, at in (("silver", 100), ("gold", 900))
        )
        await _say(handlers["sales"], SetValueTiers(currency="EUR", tiers=tiers))
        lives = [_life(handlers, number, EVENTS) for number in range(CUSTOMERS)]
        *customers, busiest = await asyncio.gather(*lives, _life(handlers, CUSTOMERS, MOST))
    await _fold(settings)
    return customers, busiest


async def _life(handlers: Mapping[str, Handler], number: int, events: int) -> UUID:
    dice = Random(number)
    register = contacts.RegisterContact(
        kind=ContactKind.PERSON, name=Name(given="Anna", family=f"Abt {number}")
    )
    customer = await _say(handlers["contacts"], register)
    for service, command in _wishes(dice, customer, events):
        await _say(handlers[service], command, customer if service == "contacts" else None)
    return customer


def _wishes(dice: Random, customer: UUID, events: int) -> Iterator[tuple[str, Command]]:
    """Of ten five are interactions, three purchases of three lines, the rest what a contact says."""
    for number in range(1, events):
        share = number % 10
        if share < 5:
            yield (
                "contacts",
                contacts.RecordInteraction(
                    direction=Direction.INBOUND,
                    channel=dice.choice(tuple(Channel)),
                    happened_at=_past(dice),
                    subject="Opening hours",
                    summary=SUMMARY,
                ),
            )
        elif share < 8:
            yield "sales", _purchase(dice, customer)
        elif share == 8:
            name = Name(given="Anna", family=f"Gruber {number}")
            language = LANGUAGES[number // 10 % len(LANGUAGES)]
            correct, prefer = contacts.CorrectName(name=name), contacts.PreferLanguage(language=language)
            yield "contacts", prefer if number % 3 else correct
        else:
            yield (
                "contacts",
                contacts.GiveConsent(
                    purpose=dice.choice(PURPOSES),
                    channel=dice.choice((ConsentChannel.MAIL, ConsentChannel.CALL)),
                    basis=LawfulBasis.CONSENT,
                    notice_version=3,
                    method=ConsentMethod.WEB_FORM,
                ),
            )


def _past(dice: Random) -> datetime:
    at = moment(dice)
    return at.replace(year=at.year - 1)


def _purchase(dice: Random, customer: UUID) -> RecordPurchase:
    lines = tuple(
        PurchaseLine(
            sku=str(dice.randrange(1_000_000)),
            brand=f"BRAND {dice.randrange(50)}",
            category=f"CATEGORY {dice.randrange(100)}",
            quantity=Decimal(dice.randrange(1, 5)),
            amount=Decimal(dice.randrange(1, 2_000)) / 100,
        )
        for _ in range(3)
    )
    return RecordPurchase(contact_id=customer, purchased_at=_past(dice), currency="EUR", lines=lines)


async def _say(handler: Handler, command: Command, stream: UUID | None = None) -> UUID:
    call = Call(
        org_id=ORG, actor="bench", command=command, stream_id=stream, digest=b"", correlation_id=new_id()
    )
    return (await handler.handle(call)).id


async def _fold(settings: Settings) -> None:
    """What relay, topic and worker do, without them."""
    async with AsyncExitStack() as stack:
        views = await connect_pool(settings, "projections_log", max_size=1)
        stack.push_async_callback(views.close)
        handler = await Handler.open(settings, "contacts", contacts_app.SERVICE.aggregates)
        stack.push_async_callback(handler.close)
        reading = Reading(VIEWS)
        for service, partition in product(SERVICES, range(PARTITIONS)):
            log = await connect_pool(settings, f"{service}_log", max_size=1)
            async with log.acquire() as db:
                found = await read_partition(db, service, partition, 0, CUSTOMERS * EVENTS + MOST + 1)
            await log.close()
            arrivals: list[Arrival] = [
                reading.read(service, 1, partition, position - 1, write(envelope))
                for position, envelope in found
            ]
            await open_personal(handler.vault, reading.personal, arrivals)
            for first in range(0, len(arrivals), AT_ONCE):
                for view in VIEWS:
                    assert not (await apply(views, view, arrivals[first : first + AT_ONCE])).parked
        for service in SERVICES:
            log = await connect_pool(settings, f"{service}_log", max_size=1)
            await remember(views, await promise(log, service, 1))
            await log.close()
