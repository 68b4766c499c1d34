"""What must be known before anything is shared: who may be told, and who is the same customer."""

import pytest

from kernel.log.facts import Event
from services.contacts.app import CONTACT
from services.contacts.events import ConsentGiven, ConsentWithdrawn, CustomerJoined, CustomerLeft
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from tests.services.contacts.story import ANNA, ANNA_REGISTERED, CLOSED, NOW


def given(channel: ConsentChannel) -> Event:
    return ConsentGiven(
        contact_id=ANNA,
        purpose="assortment",
        channel=channel,
        basis=LawfulBasis.CONSENT,
        notice_version=3,
        method=ConsentMethod.PAPER,
        given_at=NOW,
    )


def withdrawn(channel: ConsentChannel) -> Event:
    return ConsentWithdrawn(
        contact_id=ANNA, purpose="assortment", channel=channel, method=ConsentMethod.PAPER, withdrawn_at=NOW
    )


JOINED = CustomerJoined(contact_id=ANNA, merge_id=ANNA, customer_id=ANNA, former_customer_id=ANNA)
LEFT = CustomerLeft(contact_id=ANNA, merge_id=ANNA, customer_id=ANNA, left_customer_id=ANNA)


@pytest.mark.parametrize(
    "event", [given(ConsentChannel.DISCLOSURE), withdrawn(ConsentChannel.DISCLOSURE), JOINED, LEFT]
)
def test_nothing_is_shared_before_these_are_known(event: Event):
    assert CONTACT.gates(event)


@pytest.mark.parametrize(
    "event", [given(ConsentChannel.MAIL), withdrawn(ConsentChannel.MAIL), ANNA_REGISTERED, CLOSED]
)
def test_nothing_waits_for_these(event: Event):
    assert not CONTACT.gates(event)
