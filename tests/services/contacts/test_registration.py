"""Registering, correcting, assigning, closing."""

from unicodedata import normalize
from uuid import uuid4

import pytest
from pydantic import ValidationError

from services.contacts.commands import (
    AssignOwner,
    AssignTeam,
    ChangeAddress,
    CloseContact,
    CorrectBirthDate,
    CorrectName,
    RegisterContact,
    RemoveAddress,
    ReopenContact,
)
from services.contacts.events import (
    AddressChanged,
    AddressRemoved,
    BirthDateCorrected,
    ContactClosed,
    ContactRegistered,
    ContactReopened,
    IdentifierAdded,
    NameCorrected,
    OwnerAssigned,
    TeamAssigned,
)
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import Address, Name
from tests.services.contacts.story import (
    ANNA,
    ANNA_REGISTERED,
    CLOSED,
    COMPANY_REGISTERED,
    after,
    rejected,
    when,
)

HOME = Address(street="Am Markt 3", postal_code="5020", city="Salzburg", country="AT")
BERGER = Name(given="Anna", family="Berger")


def test_registering_says_everything_that_is_known_and_each_identifier_once():
    owner = uuid4()
    wish = RegisterContact(
        kind="person",
        name=Name(given="Anna"),
        birth_date="1984-05-17",
        address=HOME,
        owner_id=owner,
        identifiers=[
            {"kind": "email", "value": "anna@example.org"},
            {"kind": "email", "value": "ANNA@example.org"},
            {"kind": "loyalty-card", "value": "29 17"},
        ],
    )
    registered, email, card = when(wish, given=())
    assert isinstance(registered, ContactRegistered)
    assert (registered.contact_id, registered.owner_id, registered.address_use) == (ANNA, owner, "home")
    assert registered.personal is not None
    assert (registered.personal.address, registered.personal.name.given) == (HOME, "Anna")
    assert email == IdentifierAdded(
        contact_id=ANNA, kind="email", personal=IdentifierAdded.Personal(value="anna@example.org")
    )
    assert isinstance(card, IdentifierAdded)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("person", {}),
        ("person", {"company": "Gruber GmbH"}),
        ("person", {"given": "Anna", "company": "Gruber GmbH"}),
        ("company", {}),
        ("company", {"given": "Anna"}),
        ("company", {"family": "Gruber", "company": "Gruber GmbH"}),
    ],
)
def test_a_name_fits_a_person_or_a_company(kind: str, name: dict[str, str]):
    with rejected("name-unfit"):
        when(RegisterContact(kind=kind, name=Name(**name)), given=())


def test_a_company_was_not_born():
    with rejected("birth-date-unfit"):
        when(RegisterContact(kind="company", name=Name(company="G"), birth_date="1984-05-17"), given=())
    with rejected("birth-date-unfit"):
        when(CorrectBirthDate(birth_date="1984-05-17"), given=[COMPANY_REGISTERED])
    with rejected("name-unfit"):
        when(CorrectName(name=BERGER), given=[COMPANY_REGISTERED])


def test_nobody_was_born_in_the_future():
    with rejected("in-the-future"):
        when(CorrectBirthDate(birth_date="2026-11-03"))
    with rejected("in-the-future"):
        when(RegisterContact(kind="person", name=BERGER, birth_date="2030-01-01"), given=())


@pytest.mark.parametrize("given", ["می‌خواهم", "Jean\u00a0Paul", "👩‍🚀", "  Anna ", "A\u0308nn"])
def test_names_of_any_language_are_names(given: str):
    assert Name(given=given).given == normalize("NFC", given).strip()


@pytest.mark.parametrize("given", ["", " ", "a\nb", "a\x00b", "a\x7fb", "a\u2028b", "a" * 201])
def test_control_characters_are_no_name(given: str):
    with pytest.raises(ValidationError):
        Name(given=given)


@pytest.mark.parametrize("country", ["QQ", "ZZ", "de", "DEU", ""])
def test_an_address_lies_in_a_country_that_exists(country: str):
    with pytest.raises(ValidationError):
        Address(city="Salzburg", country=country)


@pytest.mark.parametrize(
    "day", ["86400", 86400, "19840517", "1984-W20-4", "1984-05-17T00:00:00", "1984-02-30"]
)
def test_a_date_of_birth_is_a_day_of_the_calendar(day: object):
    with pytest.raises(ValidationError):
        CorrectBirthDate(birth_date=day)


def test_each_kind_of_change_is_a_fact_of_its_own():
    owner, team = uuid4(), uuid4()
    assert when(CorrectName(name=BERGER)) == [
        NameCorrected(contact_id=ANNA, personal=NameCorrected.Personal(name=BERGER))
    ]
    (born,) = when(CorrectBirthDate(birth_date="1984-05-17"))
    assert isinstance(born, BirthDateCorrected)
    (moved,) = when(ChangeAddress(use="home", address=HOME))
    assert moved == AddressChanged(
        contact_id=ANNA, use="home", personal=AddressChanged.Personal(address=HOME)
    )
    assert when(RemoveAddress(use="home"), given=[ANNA_REGISTERED, moved]) == [
        AddressRemoved(contact_id=ANNA, use="home")
    ]
    assert when(AssignOwner(owner_id=owner)) == [OwnerAssigned(contact_id=ANNA, owner_id=owner)]
    assert when(AssignTeam(team_id=team)) == [TeamAssigned(contact_id=ANNA, team_id=team)]


def test_what_is_so_already_is_nothing_to_do():
    assert when(CorrectName(name=Name(given="Anna", family="Gruber"))) == []
    assert when(CorrectBirthDate(birth_date=None)) == []
    assert when(RemoveAddress(use="home")) == []
    assert when(AssignOwner(owner_id=None)) == []
    assert when(ReopenContact()) == []
    assert when(CloseContact(reason="gone"), given=[ANNA_REGISTERED, CLOSED]) == []


def test_closing_and_reopening():
    assert when(CloseContact(reason="gone")) == [ContactClosed(contact_id=ANNA, reason=ClosingReason.GONE)]
    assert when(ReopenContact(), given=[ANNA_REGISTERED, CLOSED]) == [ContactReopened(contact_id=ANNA)]
    closed, reopened = after(ANNA_REGISTERED, CLOSED), ContactReopened(contact_id=ANNA)
    assert after(ANNA_REGISTERED, CLOSED, reopened) == after(ANNA_REGISTERED)
    assert closed.closed


def test_of_an_erased_person_only_the_open_facts_are_left():
    erased = after(
        ContactRegistered(contact_id=ANNA, kind="person", address_use="home"),
        NameCorrected(contact_id=ANNA),
        AddressChanged(contact_id=ANNA, use="work"),
        BirthDateCorrected(contact_id=ANNA),
        IdentifierAdded(contact_id=ANNA, kind="email"),
    )
    assert (erased.name, erased.birth_date, erased.identifiers) == (None, None, {})
    assert erased.addresses == {"home": None, "work": None}
