"""A customer's page shows who its contacts are, in the clear, and merges and unmerges with them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec

from kernel.database import read_as
from kernel.settings import Settings
from kernel.vault.vault import Vault
from kernel.view import reading
from lib.identifiers import Identifier, IdentifierKind
from services.contacts import commands
from services.contacts.events.contact import ClosingReason
from services.contacts.events.words import Address, AddressUse, ContactKind, Name
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.page.showing import Customer
from services.projections.customers.person import KnownBy
from services.projections.operations.journal import JOURNAL
from tests.services.projections.desk import Desk

EMAIL = Identifier(kind=IdentifierKind.EMAIL, value="anna@example.org")
CARD = Identifier(kind=IdentifierKind.LOYALTY_CARD, value="4711")
HOME = Address(city="Wien", country="AT")


def anna(**more: Any) -> commands.RegisterContact:
    return commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given="Anna", family="Weiß"), **more)


async def test_a_registered_person_is_a_customer_of_its_own(desk: Desk) -> None:
    contact = await desk.say(anna(birth_date=date(1984, 5, 17), address=HOME, identifiers=(EMAIL,)))
    found: Customer = await desk.ask(CUSTOMER, id=contact)
    (person,) = found.contacts
    assert (found.customer_id, person.contact_id) == (contact, contact)
    assert (person.given, person.family, person.sort_name) == ("Anna", "Weiß", "weiss anna")
    assert (person.birth_date, person.addresses) == (date(1984, 5, 17), {AddressUse.HOME: HOME})
    assert person.identifiers == (KnownBy(IdentifierKind.EMAIL, "anna@example.org"),)
    assert not person.closed


async def test_what_is_corrected_is_what_is_shown(desk: Desk) -> None:
    contact, owner = await desk.say(anna(address=HOME, identifiers=(EMAIL, CARD))), uuid4()
    for command in (
        commands.CorrectName(name=Name(given="Anne", family="Schwarz")),
        commands.CorrectBirthDate(birth_date=date(1985, 5, 17)),
        commands.ChangeAddress(use=AddressUse.WORK, address=HOME),
        commands.RemoveAddress(use=AddressUse.HOME),
        commands.VerifyIdentifier(identifier=EMAIL),
        commands.RemoveIdentifier(identifier=CARD),
        commands.AssignOwner(owner_id=owner),
        commands.CloseContact(reason=ClosingReason.GONE),
    ):
        await desk.say(command, contact)
    (person,) = (await desk.ask(CUSTOMER, id=contact)).contacts
    assert (person.given, person.family, person.birth_date) == ("Anne", "Schwarz", date(1985, 5, 17))
    assert person.addresses == {AddressUse.WORK: HOME}
    assert person.identifiers == (KnownBy(IdentifierKind.EMAIL, "anna@example.org", verified=True),)
    assert (person.owner_id, person.closed) == (owner, True)


async def test_merged_contacts_are_one_customer_and_unmerging_brings_both_back(desk: Desk) -> None:
    one, other, merge = await desk.say(anna()), await desk.say(anna()), uuid4()
    before = [await desk.ask(CUSTOMER, id=contact) for contact in (one, other)]
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    for contact in (one, other):
        found = await desk.ask(CUSTOMER, id=contact)
        assert found.customer_id == one
        assert {person.contact_id for person in found.contacts} == {one, other}
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    assert [await desk.ask(CUSTOMER, id=contact) for contact in (one, other)] == before


async def test_an_unknown_customer_is_none(desk: Desk) -> None:
    await desk.say(anna())
    assert await desk.ask(CUSTOMER, id=uuid4()) is None


async def terms(desk: Desk) -> set[tuple[str, str]]:
    await desk.fold()
    async with read_as(desk.readers, desk.org_id) as db:
        table = await reading.live(db, CUSTOMER.views[1])
        return {tuple(row) for row in await db.fetch(f"SELECT kind, term FROM {table}_term")}


async def test_a_person_is_found_by_what_it_is_called_now_and_no_longer_by_what_it_was(desk: Desk) -> None:
    contact = await desk.say(anna(identifiers=(EMAIL,)))
    assert await terms(desk) == {
        ("name", "anna weiss anna"),
        ("name", "weiss weiss anna"),
        ("email", "anna@example.org"),
    }
    await desk.say(commands.CorrectName(name=Name(given="Anna", family="Müller-Lüdenscheidt")), contact)
    await desk.say(commands.RemoveIdentifier(identifier=EMAIL), contact)
    whole = "muller ludenscheidt anna"
    assert await terms(desk) == {("name", f"{word} {whole}") for word in ("anna", "muller", "ludenscheidt")}


async def test_the_journal_keeps_every_event_sealed_under_each_contact(desk: Desk) -> None:
    contact = await desk.say(anna(identifiers=(EMAIL,)))
    await desk.fold()
    async with read_as(desk.readers, desk.org_id) as db:
        table = await reading.live(db, JOURNAL)
        rows = await db.fetch(
            f"SELECT type, value FROM {table} WHERE subject_id = $1 ORDER BY position", contact
        )
    assert [row["type"] for row in rows] == ["crm.contacts.ContactRegistered", "crm.contacts.IdentifierAdded"]
    for row in rows:
        assert b"Anna" not in row["value"]
        assert b"anna@" not in row["value"]
        assert msgspec.json.decode(row["value"])["personal"]


async def test_a_person_whose_key_is_destroyed_is_shown_without_its_values(
    desk: Desk, database: Settings, postgres: str
) -> None:
    contact = await desk.say(anna(address=HOME, identifiers=(EMAIL,)))
    administrator = await asyncpg.connect(postgres, database=database.dsn["vault_owner"].rsplit("/", 1)[1])
    await administrator.execute("UPDATE vault.person_key SET wrapped = NULL")
    await administrator.close()
    desk.vault = await Vault.open(database)  # another process, whose cache is empty
    (person,) = (await desk.ask(CUSTOMER, id=contact)).contacts
    await desk.vault.close()
    assert person.kind is ContactKind.PERSON
    assert (person.given, person.sort_name, person.identifiers, person.addresses) == (None, "", (), {})
