"""The small values that facts and wishes about contacts are made of."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from unicodedata import category, normalize

from pydantic import AfterValidator, Field

from kernel.log.facts import Record

_NOT_IN_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})
_NOT_IN_LINES = _NOT_IN_TEXT | {"Zl", "Zp"}
"""Categories of Unicode. Joiners (Cf) and wide spaces (Zs) belong to many languages' names."""


def _one_line(text: str) -> str:
    text = normalize("NFC", text).strip()
    if not text or not (text.isprintable() or _NOT_IN_LINES.isdisjoint(map(category, text))):
        raise ValueError("a line of text has no line breaks or control characters, and is not empty")
    return text


def _text(text: str) -> str:
    text = normalize("NFC", text).strip()
    if not text or not (
        text.isprintable() or _NOT_IN_TEXT.isdisjoint(map(category, text.translate(_BREAKS)))
    ):
        raise ValueError("a text has no control characters but line breaks and tabs, and is not empty")
    return text


_BREAKS = str.maketrans("\n\r\t", "   ")


def _born(day: date) -> date:
    if day.year < 1850:
        raise ValueError("a date of birth is not before 1850")
    return day


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_text)]
Slug = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,49}$", examples=["marketing"])]
BirthDate = Annotated[date, AfterValidator(_born), Field(examples=["1984-05-17"])]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["DE"])]
"""ISO 3166-1 alpha-2."""
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
