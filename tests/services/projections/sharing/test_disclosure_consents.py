"""Whom a contact allowed to be told of it: the latest grant and refusal of one purpose and recipient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from kernel.log.facts import Event
from kernel.taking.fact import Fact
from services.contacts.events import ConsentGiven, ConsentWithdrawn
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.projections.sharing.disclosure_consents import DISCLOSURE_CONSENTS, DisclosureConsent
from tests.folding import fold_all
from tests.parcels.log import BEGAN, ORG, enveloped

ANNA, MAKER = UUID(int=1), UUID(int=2)


def fact(second: int, event: Event) -> Fact[Event]:
    """Recorded in this second."""
    return Fact(event, enveloped(ORG, ANNA, event, second, second, second), 0, second, "contacts", b"")


def given(at: datetime, notice: int = 3, recipient: UUID | None = MAKER, **more: object) -> ConsentGiven:
    fields = {
        "contact_id": ANNA,
        "purpose": "assortment",
        "channel": ConsentChannel.DISCLOSURE,
        "recipient_id": recipient,
        "basis": LawfulBasis.CONSENT,
        "notice_version": notice,
        "method": ConsentMethod.PAPER,
        "given_at": at,
    }
    return ConsentGiven(**(fields | more))  # type: ignore[arg-type]


def withdrawn(at: datetime) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        contact_id=ANNA,
        purpose="assortment",
        channel=ConsentChannel.DISCLOSURE,
        recipient_id=MAKER,
        method=ConsentMethod.CALL,
        withdrawn_at=at,
    )


def row(facts: Sequence[Fact[Event]]) -> DisclosureConsent:
    [found] = fold_all(DISCLOSURE_CONSENTS, facts).values()
    return found


def test_a_grant_counts_from_when_it_was_given_and_a_refusal_from_when_it_was_recorded():
    earlier = BEGAN - timedelta(days=9)
    found = row([fact(1, given(earlier)), fact(2, withdrawn(earlier))])
    assert (found.given_at, found.withdrawn_at) == (earlier, BEGAN + timedelta(seconds=2))


def test_a_grant_that_is_recorded_later_with_an_earlier_time_is_no_later_one():
    later, earlier = BEGAN - timedelta(days=1), BEGAN - timedelta(days=9)
    found = row([fact(1, given(later, notice=4)), fact(2, given(earlier, notice=3))])
    assert (found.given_at, found.notice_version) == (later, 4)


def test_nobody_gives_what_is_still_to_come():
    found = row([fact(1, given(BEGAN + timedelta(days=1)))])
    assert found.given_at == BEGAN + timedelta(seconds=1)


@pytest.mark.parametrize("other", [{"channel": ConsentChannel.MAIL}, {"recipient": None}])
def test_what_is_no_disclosure_to_another_leaves_no_row(other):
    assert fold_all(DISCLOSURE_CONSENTS, [fact(1, given(BEGAN, **other))]) == {}


def test_purposes_and_recipients_are_apart():
    facts = [
        fact(1, given(BEGAN)),
        fact(2, given(BEGAN, purpose="service")),
        fact(3, given(BEGAN, recipient=ORG)),
    ]
    assert len(fold_all(DISCLOSURE_CONSENTS, facts)) == 3


def test_any_order_gives_the_same():
    facts = [
        fact(1, given(BEGAN - timedelta(days=3))),
        fact(2, withdrawn(BEGAN)),
        fact(3, given(BEGAN - timedelta(days=1), notice=5)),
        fact(4, withdrawn(BEGAN)),
    ]
    assert len({row(order) for order in permutations(facts)}) == 1
