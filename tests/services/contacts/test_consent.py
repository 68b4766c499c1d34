"""Consent: per purpose, channel and recipient; renewed on other terms; refusals are remembered."""

from datetime import timedelta
from uuid import uuid4

from services.contacts.commands import GiveConsent, WithdrawConsent
from services.contacts.events import ConsentGiven, ConsentWithdrawn
from tests.services.contacts.story import ANNA, ANNA_REGISTERED, CLOSED, NOW, rejected, when

TERMS = {
    "purpose": "marketing",
    "channel": "mail",
    "basis": "consent",
    "notice_version": 3,
    "method": "web-form",
}
GIVEN = ConsentGiven(contact_id=ANNA, given_at=NOW, **TERMS)
WITHDRAW = WithdrawConsent(purpose="marketing", channel="mail", method="call")
WITHDRAWN = ConsentWithdrawn(
    contact_id=ANNA, purpose="marketing", channel="mail", method="call", withdrawn_at=NOW
)


def give(**more):
    return GiveConsent(**{**TERMS, **more})


def test_consent_counts_from_when_it_was_given():
    assert when(give()) == [GIVEN]
    (backdated,) = when(give(given_at=NOW - timedelta(days=9)))
    assert isinstance(backdated, ConsentGiven)
    assert backdated.given_at == NOW - timedelta(days=9)


def test_the_same_consent_on_the_same_terms_is_given_once():
    later = NOW + timedelta(days=1)
    assert when(give(), given=[ANNA_REGISTERED, GIVEN], now=later) == []
    assert len(when(give(notice_version=4), given=[ANNA_REGISTERED, GIVEN], now=later)) == 1
    assert len(when(give(given_at=later), given=[ANNA_REGISTERED, GIVEN], now=later)) == 1


def test_another_purpose_channel_or_recipient_is_another_consent():
    for other in ({"purpose": "service"}, {"channel": "call"}, {"recipient_id": uuid4()}):
        assert len(when(give(**other), given=[ANNA_REGISTERED, GIVEN])) == 1


def test_a_consent_that_ran_out_is_given_anew():
    (short,) = when(give(expires_at=NOW + timedelta(days=1)))
    again = give(expires_at=NOW + timedelta(days=1), given_at=NOW)
    assert when(again, given=[ANNA_REGISTERED, short]) == []
    assert len(when(again, given=[ANNA_REGISTERED, short], now=NOW + timedelta(days=2))) == 1


def test_withdrawing_is_heard_once_and_a_refusal_too():
    assert when(WITHDRAW, given=[ANNA_REGISTERED, GIVEN]) == [WITHDRAWN]
    assert when(WITHDRAW) == [WITHDRAWN]
    assert when(WITHDRAW, given=[ANNA_REGISTERED, GIVEN, WITHDRAWN]) == []
    assert when(give(), given=[ANNA_REGISTERED, GIVEN, WITHDRAWN]) == [GIVEN]


def test_a_closed_contact_can_still_withdraw_but_not_give():
    assert when(WITHDRAW, given=[ANNA_REGISTERED, GIVEN, CLOSED]) == [WITHDRAWN]
    with rejected("contact-closed"):
        when(give(), given=[ANNA_REGISTERED, CLOSED])


def test_nothing_is_given_or_withdrawn_in_the_future():
    tomorrow = NOW + timedelta(days=1)
    with rejected("in-the-future"):
        when(give(given_at=tomorrow))
    with rejected("in-the-future"):
        when(WithdrawConsent(purpose="marketing", channel="mail", method="call", withdrawn_at=tomorrow))
    assert when(give(given_at=NOW + timedelta(minutes=1)))  # clocks differ


def test_a_consent_does_not_end_before_it_begins():
    with rejected("expiry-unfit"):
        when(give(expires_at=NOW))
