"""Consent: per purpose, channel and recipient; every new word is kept, refusals too."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from kernel.web.access import Caller, Role, require_own_words
from kernel.web.problems import Problem
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


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (give(basis="legitimate-interests"), "/basis"),
        (give(method="paper"), "/method"),
        (give(given_at=NOW - timedelta(days=27_000)), "/given_at"),
        (WITHDRAW, "/method"),
        (replace(WITHDRAW, method="web-form", withdrawn_at=NOW), "/withdrawn_at"),
    ],
)
def test_a_customer_vouches_for_its_own_word_alone(wish, field):
    with pytest.raises(Problem) as refusal:
        require_own_words(Caller(ANNA, "anna", Role.CUSTOMER, ANNA), wish.own_words, wish)
    assert (refusal.value.status, refusal.value.pointer) == (403, field)
    require_own_words(Caller(ANNA, "ben", Role.AGENT), wish.own_words, wish)


@pytest.mark.parametrize("wish", [give(), give(expires_at=NOW), replace(WITHDRAW, method="web-form")])
def test_a_customer_gives_and_withdraws_on_the_web_and_now(wish):
    require_own_words(Caller(ANNA, "anna", Role.CUSTOMER, ANNA), wish.own_words, wish)


def test_the_same_consent_of_the_same_moment_is_given_once():
    later = NOW + timedelta(days=1)
    assert when(give(given_at=NOW), given=[ANNA_REGISTERED, GIVEN], now=later) == []
    assert when(give(given_at=NOW), given=[ANNA_REGISTERED, GIVEN, WITHDRAWN], now=later) == []
    assert len(when(give(notice_version=4, given_at=NOW), given=[ANNA_REGISTERED, GIVEN], now=later)) == 1


def test_a_consent_that_is_given_anew_is_never_swallowed():
    later = NOW + timedelta(days=1)
    (imported,) = when(give(given_at=NOW - timedelta(days=2_000)))
    fresh = replace(GIVEN, given_at=later)
    for before in ([GIVEN], [GIVEN, WITHDRAWN, imported]):
        assert when(give(), given=[ANNA_REGISTERED, *before], now=later) == [fresh]


def test_another_purpose_channel_or_recipient_is_another_consent():
    for other in ({"purpose": "service"}, {"channel": "call"}, {"recipient_id": uuid4()}):
        assert len(when(give(**other), given=[ANNA_REGISTERED, GIVEN])) == 1


def test_a_refusal_is_heard_again_after_a_consent_and_later():
    later = NOW + timedelta(days=1)
    assert when(WITHDRAW, given=[ANNA_REGISTERED, GIVEN]) == [WITHDRAWN]
    assert when(WITHDRAW) == [WITHDRAWN]
    assert when(WITHDRAW, given=[ANNA_REGISTERED, GIVEN, WITHDRAWN]) == []
    assert when(WITHDRAW, given=[ANNA_REGISTERED, WITHDRAWN, GIVEN]) == [WITHDRAWN]
    assert len(when(WITHDRAW, given=[ANNA_REGISTERED, WITHDRAWN], now=later)) == 1


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


def test_what_a_clock_that_is_ahead_says_counts_from_now():
    soon = NOW + timedelta(minutes=1)
    assert when(give(given_at=soon)) == [GIVEN]
    assert when(replace(WITHDRAW, withdrawn_at=soon)) == [WITHDRAWN]


def test_a_consent_does_not_end_before_it_begins():
    with rejected("expiry-unfit"):
        when(give(expires_at=NOW))
