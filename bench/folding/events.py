"""The facts of a backlog, at random and yet the same every time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from bench.calling.interactions import SUMMARY
from kernel.log.facts import Event
from services.contacts import events as contacts
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.words import Channel, Name
from services.sales.events import PurchaseLine, PurchaseRecorded

CATEGORIES, BRANDS, STORES = 100, 50, 20
PURPOSES = ("marketing", "service", "research")
LANGUAGES = ("de", "de-AT", "en", "fr")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 360

Making = Callable[[Random, UUID], Event]


def interaction(random: Random, contact: UUID) -> Event:
    return contacts.InteractionRecorded(
        contact_id=contact,
        direction=random.choice(tuple(Direction)),
        channel=random.choice(tuple(Channel)),
        happened_at=moment(random),
        personal=contacts.InteractionRecorded.Personal(subject="Opening hours", summary=SUMMARY),
    )


def consent(random: Random, contact: UUID) -> Event:
    return contacts.ConsentGiven(
        contact_id=contact,
        purpose=random.choice(PURPOSES),
        channel=random.choice((ConsentChannel.MAIL, ConsentChannel.CALL, ConsentChannel.LETTER)),
        basis=LawfulBasis.CONSENT,
        notice_version=3,
        method=ConsentMethod.WEB_FORM,
        given_at=moment(random),
    )


def preference(random: Random, contact: UUID) -> Event:
    return contacts.LanguagePreferred(contact_id=contact, language=random.choice(LANGUAGES))


def name(random: Random, contact: UUID) -> Event:
    called = Name(given="Anna", family=f"Gruber {random.randrange(1_000)}")
    return contacts.NameCorrected(contact_id=contact, personal=contacts.NameCorrected.Personal(name=called))


def purchase(random: Random, contact: UUID, lines: int) -> Event:
    bought = tuple(_line(random) for _ in range(lines))
    return PurchaseRecorded(
        contact_id=contact,
        purchased_at=moment(random),
        store=str(random.randrange(STORES)),
        currency="EUR",
        lines=bought,
        total=sum((line.amount for line in bought), Decimal(0)),
    )


def _line(random: Random) -> PurchaseLine:
    return PurchaseLine(
        sku=str(random.randrange(1_000_000)),
        name="Bananas",
        brand=f"BRAND {random.randrange(BRANDS)}",
        category=f"CATEGORY {random.randrange(CATEGORIES)}",
        manufacturer=str(random.randrange(200)),
        quantity=Decimal(random.randrange(1, 5)),
        amount=Decimal(random.randrange(1, 2_000)) / 100,
    )


def moment(random: Random) -> datetime:
    """Some time within a year."""
    return BEGAN + timedelta(seconds=random.randrange(DAYS * 86_400))
