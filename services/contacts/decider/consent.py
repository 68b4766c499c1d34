"""Decisions about what a contact allows.

Whether a consent holds is asked of the views alone: it depends on when a refusal was recorded, and on what
the customer's other contacts say. So every word that is new is kept, also one on the same terms as before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kernel.clocks import happened
from kernel.commands import Rejected
from kernel.log.facts import Event
from services.contacts.commands import GiveConsent, WithdrawConsent
from services.contacts.decider.state import ConsentKey, Contact, Decisions
from services.contacts.events import ConsentEvent, ConsentGiven, ConsentWithdrawn


def give_consent(command: GiveConsent, contact: Contact, now: datetime) -> list[Event]:
    """The same grant of the same moment is known already, whatever came after it."""
    given = ConsentGiven(
        contact_id=contact.contact_id,
        purpose=command.purpose,
        channel=command.channel,
        recipient_id=command.recipient_id,
        basis=command.basis,
        notice_version=command.notice_version,
        method=command.method,
        given_at=happened(command.given_at, now, "/given_at"),
        expires_at=command.expires_at,
    )
    if given.expires_at is not None and given.expires_at <= given.given_at:
        raise Rejected("expiry-unfit", "A consent ends after it was given.", "/expires_at")
    return [] if given in _said(contact, given) else [given]


def withdraw_consent(command: WithdrawConsent, contact: Contact, now: datetime) -> list[Event]:
    """Also where nothing was given: that is a refusal, and worth remembering."""
    withdrawn = ConsentWithdrawn(
        contact_id=contact.contact_id,
        purpose=command.purpose,
        channel=command.channel,
        recipient_id=command.recipient_id,
        method=command.method,
        withdrawn_at=happened(command.withdrawn_at, now, "/withdrawn_at"),
    )
    # It counts from when it is recorded: after a grant, the same refusal says something new.
    return [] if _said(contact, withdrawn)[-1:] == (withdrawn,) else [withdrawn]


def _said(contact: Contact, event: ConsentEvent) -> tuple[ConsentEvent, ...]:
    return contact.consents.get(_key(event), ())


def _key(event: ConsentEvent) -> ConsentKey:
    return ConsentKey(event.purpose, event.channel, event.recipient_id)


def evolve(contact: Contact, event: ConsentEvent) -> Contact:
    """The contact after one more word on one purpose, channel and recipient."""
    said = (*_said(contact, event), event)
    return replace(contact, consents={**contact.consents, _key(event): said})


DECISIONS: Decisions = {GiveConsent: give_consent, WithdrawConsent: withdraw_consent}
