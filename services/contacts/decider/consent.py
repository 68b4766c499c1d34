"""Decisions about what a contact allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import GiveConsent, WithdrawConsent
from services.contacts.decider.state import ConsentKey, Contact, Decisions
from services.contacts.decider.times import check_past
from services.contacts.events import ConsentEvent, ConsentGiven, ConsentWithdrawn


def give_consent(command: GiveConsent, contact: Contact, now: datetime) -> list[Event]:
    """A grant on other terms, or after its end, is given anew."""
    given = ConsentGiven(
        contact_id=contact.contact_id,
        purpose=command.purpose,
        channel=command.channel,
        recipient_id=command.recipient_id,
        basis=command.basis,
        notice_version=command.notice_version,
        method=command.method,
        given_at=command.given_at or now,
        expires_at=command.expires_at,
    )
    check_past(given.given_at, now, "/given_at")
    if given.expires_at is not None and given.expires_at <= given.given_at:
        raise Rejected("expiry-unfit", "A consent ends after it was given.", "/expires_at")
    last = contact.consents.get(_key(given))
    if last is not None and not _ended(last, now):
        same = replace(last, given_at=given.given_at) if command.given_at is None else last
        return [] if same == given else [given]
    return [given]


def withdraw_consent(command: WithdrawConsent, contact: Contact, now: datetime) -> list[Event]:
    """Also where nothing was given: that is a refusal, and worth remembering."""
    withdrawn = ConsentWithdrawn(
        contact_id=contact.contact_id,
        purpose=command.purpose,
        channel=command.channel,
        recipient_id=command.recipient_id,
        method=command.method,
        withdrawn_at=command.withdrawn_at or now,
    )
    check_past(withdrawn.withdrawn_at, now, "/withdrawn_at")
    refused = contact.consents.get(_key(withdrawn), withdrawn) is None
    return [] if refused else [withdrawn]


def _key(event: ConsentEvent) -> ConsentKey:
    return ConsentKey(event.purpose, event.channel, event.recipient_id)


def _ended(grant: ConsentGiven, now: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at <= now


def evolve(contact: Contact, event: ConsentEvent) -> Contact:
    """The contact after its last word on one purpose, channel and recipient."""
    last = event if isinstance(event, ConsentGiven) else None
    return replace(contact, consents={**contact.consents, _key(event): last})


DECISIONS: Decisions = {GiveConsent: give_consent, WithdrawConsent: withdraw_consent}
