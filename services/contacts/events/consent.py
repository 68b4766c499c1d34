"""Facts about what a contact allowed: per purpose, channel and recipient."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from kernel.log.facts import Event
from lib.texts import Slug
from lib.times import Time

NoticeVersion = Annotated[int, Field(ge=1, le=1_000_000, examples=[3])]
"""Which text the contact was shown; a newer one has a greater number."""


class ConsentChannel(StrEnum):
    """By which the recipient may reach the contact; disclosure: it may be told of the contact at all."""

    CALL = "call"
    MAIL = "mail"
    MESSAGE = "message"
    LETTER = "letter"
    FAX = "fax"
    CHAT = "chat"
    WEB = "web"
    VISIT = "visit"
    SOCIAL = "social"
    DISCLOSURE = "disclosure"


class LawfulBasis(StrEnum):
    """GDPR, Article 6 (1) a–f."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTERESTS = "legitimate-interests"


class ConsentMethod(StrEnum):
    """How the contact said so."""

    WEB_FORM = "web-form"
    DOUBLE_OPT_IN = "double-opt-in"
    PAPER = "paper"
    CALL = "call"
    IN_PERSON = "in-person"
    MAIL = "mail"
    IMPORT = "import"


class ConsentGiven(Event):
    """The recipient may reach the contact over the channel for the purpose. It counts from `given_at`."""

    contact_id: UUID
    purpose: Slug
    channel: ConsentChannel
    recipient_id: UUID | None = None
    """The organisation that may; None: the one that recorded it."""
    basis: LawfulBasis
    notice_version: NoticeVersion
    method: ConsentMethod
    given_at: Time
    expires_at: Time | None = None


class ConsentWithdrawn(Event):
    """The contact refuses, whether it had allowed it before or not. It counts from when it was recorded."""

    contact_id: UUID
    purpose: Slug
    channel: ConsentChannel
    recipient_id: UUID | None = None
    method: ConsentMethod
    withdrawn_at: Time


ConsentEvent = ConsentGiven | ConsentWithdrawn
