"""What a customer allows: the latest grant against the latest refusal of all its contacts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.contacts.events.consent import ConsentMethod, LawfulBasis
from services.projections.customers.consent import (
    Consent,
    Grant,
    Standing,
    Withdrawal,
    consents,
    joined,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = "marketing mail own"


def grant(day: int, expires: int | None = None) -> Standing:
    expires_at = None if expires is None else AT + timedelta(days=expires)
    return Standing(
        Grant(
            AT + timedelta(days=day), UUID(int=day), LawfulBasis.CONSENT, 3, ConsentMethod.PAPER, expires_at
        )
    )


def withdrawal(day: int) -> Standing:
    return Standing(withdrawal=Withdrawal(AT + timedelta(days=day), UUID(int=day), ConsentMethod.CALL))


def consent(*contacts: Standing, on: int = 100) -> Consent:
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
