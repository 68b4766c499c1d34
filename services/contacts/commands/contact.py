"""Wishes about a contact itself: master data, who looks after it, closing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from kernel.commands import Command
from lib.identifiers import Identifier
from services.contacts.commands.roles import PRIVACY, SELF, STAFF
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import Address, AddressUse, BirthDate, ContactKind, Name

MOST_AT_ONCE = 20

EXAMPLE_COMPANY = "0192d4f0-5c3a-7c1e-9b2a-3f1c5e7a9d10"
EXAMPLE_PERSON = "0192d4f0-5c3a-7c1e-9b2a-3f1c5e7a9d11"
"""The contacts that RegisterContact's later examples make; what needs another contact names one of them."""


class RegisterContact(Command):
    """A person or a company becomes known, with the identifiers that no other live contact has."""

    roles = STAFF
    refusals = ("birth-date-unfit", "in-the-future", "name-unfit", "identifier-taken")
    begins = True
    examples = (
        {"kind": "person", "name": {"given": "Anna", "family": "Gruber"}},
        {
            "id": EXAMPLE_COMPANY,
            "kind": "company",
            "name": {"company": "Gruber & Söhne GmbH"},
            "address": {"street": "Ring 7", "postal_code": "1010", "city": "Wien", "country": "AT"},
            "address_use": "billing",
            "identifiers": [
                {"kind": "email", "value": "office@gruber.example"},
                {"kind": "external", "value": "erp:4711"},
            ],
        },
        {
            "id": EXAMPLE_PERSON,
            "kind": "person",
            "name": {"given": "Anni", "family": "Gruber"},
            "birth_date": "1984-05-17",
            "identifiers": [{"kind": "loyalty-card", "value": "2900 4242"}],
        },
    )

    kind: ContactKind
    name: Name
    birth_date: BirthDate | None = None
    address: Address | None = None
    address_use: AddressUse = AddressUse.HOME
    owner_id: UUID | None = None
    team_id: UUID | None = None
    identifiers: Annotated[tuple[Identifier, ...], Field(max_length=MOST_AT_ONCE)] = ()


class CorrectName(Command):
    """The contact is called so: the whole name."""

    roles = SELF
    refusals = ("contact-closed", "name-unfit")
    examples = ({"name": {"given": "Anna", "family": "Berger"}},)

    name: Name


class CorrectBirthDate(Command):
    """The person was born on that day; null: it is not known."""

    roles = SELF
    refusals = ("contact-closed", "birth-date-unfit", "in-the-future")
    examples = ({"birth_date": "1984-05-17"},)

    birth_date: BirthDate | None


class ChangeAddress(Command):
    """The contact's address for this use is that."""

    roles = SELF
    refusals = ("contact-closed",)
    examples = (
        {
            "use": "home",
            "address": {"street": "Am Markt 3", "postal_code": "5020", "city": "Salzburg", "country": "AT"},
        },
    )

    use: AddressUse
    address: Address


class RemoveAddress(Command):
    """The contact has no address for this use any more."""

    roles = SELF
    refusals = ("contact-closed",)
    examples = ({"use": "work"},)

    use: AddressUse


class AssignOwner(Command):
    """This employee looks after the contact; null: nobody."""

    roles = STAFF
    refusals = ("contact-closed",)
    examples = ({"owner_id": "0192d4f0-0000-7000-8000-000000000001"},)

    owner_id: UUID | None


class AssignTeam(Command):
    """This team looks after the contact; null: none."""

    roles = STAFF
    refusals = ("contact-closed",)
    examples = ({"team_id": "0192d4f0-0000-7000-8000-0000000000aa"},)

    team_id: UUID | None


class CloseContact(Command):
    """Nothing more is to be done with the contact; its identifiers become free."""

    roles = PRIVACY
    examples = ({"reason": "gone"},)

    reason: ClosingReason


class ReopenContact(Command):
    """The contact is as before; refused while another has one of its identifiers."""

    roles = PRIVACY
    refusals = ("identifier-taken",)
