"""What a customer allows: the latest grant against the latest refusal of all its contacts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kernel.taking.fact import Fact
from services.contacts.events import ConsentGiven, ConsentWithdrawn
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.projections.customers.consent import (
    Consent,
    ConsentStanding,
    ConsentStandings,
    Grant,
    Withdrawal,
    consents,
    joined,
    noted,
)
from tests.parcels.log import BEGAN, ORG, enveloped

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = "marketing mail own"


def grant(day: int, expires: int | None = None) -> ConsentStanding:
    expires_at = None if expires is None else AT + timedelta(days=expires)
    return ConsentStanding(
        Grant(
            AT + timedelta(days=day), UUID(int=day), LawfulBasis.CONSENT, 3, ConsentMethod.PAPER, expires_at
        )
    )


def withdrawal(day: int) -> ConsentStanding:
    return ConsentStanding(withdrawal=Withdrawal(AT + timedelta(days=day), UUID(int=day), ConsentMethod.CALL))


def consent(*contacts: ConsentStanding, on: int = 100) -> Consent:
    """What a customer of these contacts allows."""
    standings = joined({PLACE: standing} for standing in contacts)
    (found,) = consents(standings, AT + timedelta(days=on))
    return found


def test_a_later_withdrawal_of_any_contact_ends_the_consent() -> None:
    assert consent(grant(1), withdrawal(2)).status == "withdrawn"


def test_a_grant_after_the_withdrawal_allows_it_again() -> None:
    assert consent(withdrawal(2), grant(3)).status == "given"


def test_a_grant_and_a_withdrawal_of_the_same_moment_are_a_withdrawal() -> None:
    assert consent(grant(2), withdrawal(2)).status == "withdrawn"


def test_a_refusal_without_a_grant_is_a_withdrawal() -> None:
    assert consent(withdrawal(1)).status == "withdrawn"


def test_a_consent_expires_at_its_moment() -> None:
    assert consent(grant(1, expires=10), on=9).status == "given"
    assert consent(grant(1, expires=10), on=10).status == "expired"


def test_the_latest_grant_decides_when_it_expires() -> None:
    assert consent(grant(1), grant(2, expires=10), on=10).status == "expired"


def test_a_recipient_is_an_organisation_or_the_own_one() -> None:
    partner = UUID(int=9)
    found = consents({PLACE: grant(1), f"marketing mail {partner}": grant(1)}, AT + timedelta(days=2))
    assert {one.recipient_id for one in found} == {None, partner}


def told(event: ConsentGiven | ConsentWithdrawn, second: int) -> Fact[Any]:
    """The fact, recorded so many seconds after `BEGAN`."""
    envelope = enveloped(ORG, event.contact_id, event, second, second, second)
    return Fact(event, envelope, 0, second, "contacts", b"")


def given(at: datetime, recipient_id: UUID | None = None) -> ConsentGiven:
    return ConsentGiven(
        contact_id=UUID(int=1),
        purpose="marketing",
        channel=ConsentChannel.MAIL,
        recipient_id=recipient_id,
        basis=LawfulBasis.CONSENT,
        notice_version=3,
        method=ConsentMethod.PAPER,
        given_at=at,
    )


WITHDRAWN = ConsentWithdrawn(
    contact_id=UUID(int=1),
    purpose="marketing",
    channel=ConsentChannel.MAIL,
    method=ConsentMethod.CALL,
    withdrawn_at=BEGAN - timedelta(days=9),
)


def after(*events: ConsentGiven | ConsentWithdrawn) -> tuple[Consent, ...]:
    """What holds after these facts, recorded one second after the other."""
    standings: ConsentStandings = {}
    for second, event in enumerate(events, 1):
        standings = noted(standings, told(event, second))
    return consents(standings, BEGAN + timedelta(days=1))


def test_a_grant_counts_from_when_it_happened_and_a_withdrawal_from_when_it_was_recorded() -> None:
    (found,) = after(WITHDRAWN, given(BEGAN - timedelta(days=1)))
    assert found.status == "withdrawn"
    (found,) = after(WITHDRAWN, given(BEGAN - timedelta(days=1)), given(BEGAN + timedelta(seconds=2)))
    assert found.status == "given"


def test_a_grant_does_not_outlast_a_withdrawal_by_a_clock_that_is_ahead() -> None:
    (found,) = after(given(BEGAN + timedelta(days=365)), WITHDRAWN)
    assert found.status == "withdrawn"


def test_the_own_organisation_by_name_is_the_own_organisation() -> None:
    (found,) = after(given(BEGAN, recipient_id=ORG), given(BEGAN))
    assert found.recipient_id is None
