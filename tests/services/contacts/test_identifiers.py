"""Identifiers: added, verified, removed; claimed while the contact is live."""

from lib.identifiers import Identifier
from services.contacts.commands import AddIdentifier, RemoveIdentifier, VerifyIdentifier
from services.contacts.decider import identifiers
from services.contacts.events import IdentifierAdded, IdentifierRemoved, IdentifierVerified
from tests.services.contacts.story import ANNA, ANNA_REGISTERED, CLOSED, after, rejected, when

EMAIL = Identifier(kind="email", value="anna@example.org")
ADDED = IdentifierAdded(contact_id=ANNA, kind="email", personal=IdentifierAdded.Personal(value=EMAIL.value))
VERIFIED = IdentifierVerified(
    contact_id=ANNA, kind="email", personal=IdentifierVerified.Personal(value=EMAIL.value)
)
REMOVED = IdentifierRemoved(
    contact_id=ANNA, kind="email", personal=IdentifierRemoved.Personal(value=EMAIL.value)
)
KNOWN = [ANNA_REGISTERED, ADDED]


def test_an_identifier_is_added_once():
    assert when(AddIdentifier(identifier=EMAIL)) == [ADDED]
    assert when(AddIdentifier(identifier=EMAIL), given=KNOWN) == []


def test_verifying_adds_what_was_not_known():
    assert when(VerifyIdentifier(identifier=EMAIL), given=KNOWN) == [VERIFIED]
    assert when(VerifyIdentifier(identifier=EMAIL)) == [ADDED, VERIFIED]
    assert when(VerifyIdentifier(identifier=EMAIL), given=[*KNOWN, VERIFIED]) == []


def test_removing_what_is_not_there_is_nothing_to_do():
    assert when(RemoveIdentifier(identifier=EMAIL), given=KNOWN) == [REMOVED]
    assert when(RemoveIdentifier(identifier=EMAIL)) == []


def test_an_identifier_that_comes_back_is_to_be_verified_again():
    again = [*KNOWN, VERIFIED, REMOVED, ADDED]
    assert when(VerifyIdentifier(identifier=EMAIL), given=again) == [VERIFIED]


def test_a_live_contact_claims_its_identifiers_and_a_closed_one_none():
    claim = {("email", "anna@example.org")}
    assert identifiers.claims(after(*KNOWN)) == claim
    assert identifiers.claims(after(*KNOWN, VERIFIED)) == claim
    assert identifiers.claims(after(*KNOWN, REMOVED)) == set()
    assert identifiers.claims(after(*KNOWN, CLOSED)) == set()


def test_a_contact_has_not_any_number_of_identifiers(monkeypatch):
    monkeypatch.setattr(identifiers, "MOST_IDENTIFIERS", 1)
    with rejected("too-many-identifiers"):
        when(AddIdentifier(identifier=Identifier(kind="device", value="x")), given=KNOWN)
