"""Wishes about what a contact allows: per purpose, channel and recipient."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from lib.texts import Slug
from lib.times import Time
from services.contacts.commands.roles import OWN
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis, NoticeVersion


class GiveConsent(Command):
    """The contact allows it, from `given_at` (omitted: now) until `expires_at` (omitted: until withdrawn).

    Wished again without `given_at` it is given anew; what holds is on the customer's page. A customer itself
    gives it by `consent`, by `web-form` and from now: who has other evidence records that.
    """

    roles = OWN
    refusals = ("contact-closed", "expiry-unfit", "in-the-future")
    own_words = (
        ("basis", LawfulBasis.CONSENT),
        ("method", ConsentMethod.WEB_FORM),
        ("given_at", None),
    )
    examples = (
        {
            "purpose": "marketing",
            "channel": "mail",
            "basis": "consent",
            "notice_version": 3,
            "method": "web-form",
        },
    )

    purpose: Slug
    channel: ConsentChannel
    recipient_id: UUID | None = None
    """Another organisation; omitted: the own one."""
    basis: LawfulBasis
    notice_version: NoticeVersion
    method: ConsentMethod
    given_at: Time | None = None
    expires_at: Time | None = None


class WithdrawConsent(Command):
    """The contact refuses from now on, whether it had allowed it before or not.

    A customer refuses by `web-form`, and now.
    """

    roles = OWN
    refusals = ("in-the-future",)
    own_words = (("method", ConsentMethod.WEB_FORM), ("withdrawn_at", None))
    examples = ({"purpose": "marketing", "channel": "call", "method": "web-form"},)

    purpose: Slug
    channel: ConsentChannel
    recipient_id: UUID | None = None
    method: ConsentMethod
    withdrawn_at: Time | None = None
    """When the contact said so; omitted: now."""
