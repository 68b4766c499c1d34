"""The small values that facts and wishes about contacts are made of."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from lib.countries import Country
from lib.records import Record
from lib.texts import Line, Slug
from lib.times import Day


def _born(day: date) -> date:
    if day.year < 1850:
        raise ValueError("a date of birth is not before 1850")
    return day


BirthDate = Annotated[Day, AfterValidator(_born), Field(examples=["1984-05-17"])]
Language = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", examples=["de-AT"])]
"""BCP 47."""


class ContactKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"


class Name(Record):
    """A person has a given or a family name, a company its own."""

    given: Line | None = None
    family: Line | None = None
    company: Line | None = None


class AddressUse(StrEnum):
    """What an address is for; a contact has at most one of each."""

    HOME = "home"
    WORK = "work"
    BILLING = "billing"
    DELIVERY = "delivery"


class Address(Record):
    """A postal address."""

    street: Line | None = None
    postal_code: Line | None = None
    city: Line
    region: Line | None = None
    country: Country


class Channel(StrEnum):
    """How an organisation and a contact reach each other; mail is electronic, a letter is paper."""

    CALL = "call"
    MAIL = "mail"
    MESSAGE = "message"
    LETTER = "letter"
    FAX = "fax"
    CHAT = "chat"
    WEB = "web"
    VISIT = "visit"
    SOCIAL = "social"
    EVENT = "event"


class ExternalReference(Record):
    """The number under which another system holds it."""

    system: Slug
    number: Line
