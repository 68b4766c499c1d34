"""Identifiers: added, verified, removed; claimed while the contact is live."""

from dataclasses import replace

from kernel.log.facts import decode, encode
from lib.identifiers import Identifier
from services.contacts.commands import AddIdentifier, RemoveIdentifier, VerifyIdentifier
from services.contacts.decider import identifiers
from services.contacts.events import IdentifierAdded, IdentifierRemoved, IdentifierVerified
from tests.services.contacts.story import ANNA, ANNA_REGISTERED, CLOSED, after, rejected, when

EMAIL = Identifier(kind="email", value="anna@example.org")
ADDED = IdentifierAdded(contact_id=ANNA, kind="email", personal=IdentifierAdded.Personal(value=EMAIL.value))
VERIFIED = IdentifierVerified(
    contact_id=ANNA, kind="email", method="code", personal=IdentifierVerified.Personal(value=EMAIL.value)
)
REMOVED = IdentifierRemoved(
    contact_id=ANNA, kind="email", personal=IdentifierRemoved.Personal(value=EMAIL.value)
)
VERIFY = VerifyIdentifier(identifier=EMAIL, method="code")
KNOWN = [ANNA_REGISTERED, ADDED]


def test_an_identifier_is_added_once():
    assert when(AddIdentifier(identifier=EMAIL)) == [ADDED]
    assert when(AddIdentifier(identifier=EMAIL), given=KNOWN) == []


def test_verifying_adds_what_was_not_known():
    assert when(VERIFY, given=KNOWN) == [VERIFIED]
    assert when(VERIFY) == [ADDED, VERIFIED]
    assert when(VERIFY, given=[*KNOWN, VERIFIED]) == []


def test_how_it_was_verified_is_unrecorded_where_nobody_says_it():
    (verified,) = when(VerifyIdentifier(identifier=EMAIL), given=KNOWN)
    assert isinstance(verified, IdentifierVerified)
    assert verified.method == "unrecorded"


def test_what_was_verified_before_anybody_wrote_down_how_is_so_still():
    data, personal = encode(VERIFIED)
    before = decode(IdentifierVerified, 1, data.replace(b',"method":"code"', b""), personal)
    assert before == replace(VERIFIED, method="unrecorded")
    assert when(VERIFY, given=[*KNOWN, before]) == []


def test_removing_what_is_not_there_is_nothing_to_do():
    assert when(RemoveIdentifier(identifier=EMAIL), given=KNOWN) == [REMOVED]
    assert when(RemoveIdentifier(identifier=EMAIL)) == []


def test_an_identifier_that_comes_back_is_to_be_verified_again():
    again = [*KNOWN, VERIFIED, REMOVED, ADDED]
    assert when(VERIFY, given=again) == [VERIFIED]


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
