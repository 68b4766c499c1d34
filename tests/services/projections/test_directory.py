"""Searching customers: by any of their contacts, each once, page by page."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.web.problems import Problem
from lib.identifiers import Identifier, IdentifierKind
from services.contacts import commands
from services.contacts.events.contact import ClosingReason
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import ContactKind, Name
from services.projections.customers.directory.query import SEARCH, FoundCustomers
from tests.services.projections.desk import Desk


async def person(desk: Desk, given: str, family: str, **more: Any) -> UUID:
    name = Name(given=given, family=family)
    return await desk.say(commands.RegisterContact(kind=ContactKind.PERSON, name=name, **more))


async def company(desk: Desk, name: str) -> UUID:
    return await desk.say(commands.RegisterContact(kind=ContactKind.COMPANY, name=Name(company=name)))


async def found(desk: Desk, **asked: Any) -> list[UUID]:
    """The customers of all pages, in order."""
    customers, cursor = [], None
    while True:
        page: FoundCustomers = await desk.ask(SEARCH, cursor=cursor, **asked)
        assert len(page.customers) <= asked.get("limit", 50)
        customers += [customer.customer_id for customer in page.customers]
        if (cursor := page.cursor) is None:
            return customers


async def test_words_begin_words_of_the_name_in_any_order_and_spelling(desk: Desk) -> None:
    anna = await person(desk, "Anna Maria", "Müller-Weiß")
    await person(desk, "Bert", "Annaberger")
    for words in ("anna", "ANNA mu", "weiss mar", "Müll", "müller-weiß", "Anna Maria Müller"):
        assert anna in await found(desk, words=words), words
    for words in ("nna", "anna bert", "anna anni", "weissgerber"):
        assert anna not in await found(desk, words=words), words


async def test_finds_are_sorted_by_the_word_and_then_by_the_whole_name(desk: Desk) -> None:
    names = [("Zoe", "Adler"), ("Anna", "Zweig"), ("Anna", "Adler"), ("Annabel", "Abt"), ("Bert", "Adler")]
    ids = {name: await person(desk, *name) for name in names}
    in_order = [("Anna", "Adler"), ("Anna", "Zweig"), ("Annabel", "Abt")]
    assert await found(desk, words="anna") == [ids[name] for name in in_order]
    by_family = [
        ("Annabel", "Abt"),
        ("Anna", "Adler"),
        ("Bert", "Adler"),
        ("Zoe", "Adler"),
        ("Anna", "Zweig"),
    ]
    assert await found(desk) == [ids[name] for name in by_family]


async def test_a_company_is_found_by_its_name_and_its_people_by_the_company(desk: Desk) -> None:
    gruber, other = await company(desk, "Gruber & Söhne"), await company(desk, "Elsewhere")
    anna, bert = await person(desk, "Anna", "Abt"), await person(desk, "Bert", "Beer")
    for contact, employer in ((anna, gruber), (bert, gruber), (bert, other)):
        relation = commands.AddRelation(kind=RelationKind.WORKS_FOR, other_id=employer)
        await desk.say(relation, contact)
    assert await found(desk, words="sohne") == [gruber]
    assert await found(desk, company_id=gruber) == [anna, bert]
    assert await found(desk, company_id=gruber, words="be") == [bert]
    assert await found(desk, company_id=anna) == await found(desk, company_id=uuid4()) == []
    await desk.say(commands.EndRelation(kind=RelationKind.WORKS_FOR, other_id=gruber), bert)
    assert await found(desk, company_id=gruber) == [anna]


async def test_a_customer_is_found_by_every_identifier_it_has_and_none_that_it_had(desk: Desk) -> None:
    email = Identifier(kind=IdentifierKind.EMAIL, value="Anna@Example.org")
    phone = Identifier(kind=IdentifierKind.PHONE, value="+43 1 5330 100")
    anna = await person(desk, "Anna", "Abt", identifiers=(email, phone))
    await person(desk, "Bert", "Beer")
    assert await found(desk, identifier=email) == await found(desk, identifier=phone) == [anna]
    await desk.say(commands.RemoveIdentifier(identifier=phone), anna)
    assert await found(desk, identifier=phone) == []
    other_kind = Identifier(kind=IdentifierKind.DEVICE, value="anna@example.org")
    assert await found(desk, identifier=other_kind) == []


async def test_a_closed_contact_is_found_and_shown_as_closed(desk: Desk) -> None:
    anna = await person(desk, "Anna", "Abt")
    await desk.say(commands.CloseContact(reason=ClosingReason.GONE), anna)
    page: FoundCustomers = await desk.ask(SEARCH, words="abt")
    assert [contact.closed for contact in page.customers[0].contacts] == [True]


async def test_owner_and_team_narrow_what_words_find(desk: Desk) -> None:
    owner, team = uuid4(), uuid4()
    anna = await person(desk, "Anna", "Abt", owner_id=owner, team_id=team)
    bert = await person(desk, "Bert", "Beer", owner_id=owner)
    await person(desk, "Anna", "Zweig")
    assert await found(desk, owner_id=owner) == [anna, bert]
    assert await found(desk, owner_id=owner, words="ann") == [anna]
    assert await found(desk, owner_id=owner, team_id=team) == await found(desk, team_id=team) == [anna]
    assert await found(desk, owner_id=team) == []


async def test_a_merged_customer_is_listed_once_and_found_by_any_of_its_contacts(desk: Desk) -> None:
    one, other = await person(desk, "Anna", "Abt"), await person(desk, "Annie", "Zweig")
    third, merge = await person(desk, "Annette", "Moser"), uuid4()
    assert await found(desk, words="ann", limit=1) == [one, third, other]
    await desk.say(commands.MergeContact(other_id=one, merge_id=merge), other)
    assert await found(desk, words="ann", limit=1) == [other, third]
    assert await found(desk, words="abt") == await found(desk, words="zweig") == [other]
    assert await found(desk, limit=1) == [other, third]
    (customer,) = (await desk.ask(SEARCH, words="abt")).customers
    assert (customer.customer_id, customer.name) == (other, "Annie Zweig")
    assert [contact.contact_id for contact in customer.contacts] == [other, one]
    await desk.say(commands.UnmergeContact(merge_id=merge), other)
    assert await found(desk, words="ann", limit=1) == [one, third, other]


async def test_pages_follow_each_other_whatever_their_length(desk: Desk) -> None:
    people = [await person(desk, f"Anna Ann{n % 3}", f"Abt{n}") for n in range(9)]
    for one, other in zip(people[::3], people[1::3], strict=True):
        await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), one)
    for asked in ({"words": "an"}, {"words": "abt an"}, {}):
        whole = await found(desk, **asked)
        assert len(whole) == len(set(whole)) == 6
        for limit in (1, 2, 5, 6, 7):
            assert await found(desk, limit=limit, **asked) == whole


async def test_a_cursor_belongs_to_its_question_and_its_organisation(desk: Desk) -> None:
    for n in range(3):
        await person(desk, "Anna", f"Abt{n}")
    cursor = (await desk.ask(SEARCH, words="abt", limit=1)).cursor
    assert (await desk.ask(SEARCH, words="abt", limit=2, cursor=cursor)).customers
    for words, given in (("anna", cursor), ("abt", cursor[:-2]), ("abt", "x")):
        with pytest.raises(Problem) as refusal:
            await desk.ask(SEARCH, words=words, cursor=given)
        assert refusal.value.code == "bad-cursor"
    desk.org_id = uuid4()
    with pytest.raises(Problem, match="bad-cursor"):
        await desk.ask(SEARCH, words="abt", cursor=cursor)


async def test_another_organisation_finds_nothing(desk: Desk) -> None:
    email = Identifier(kind=IdentifierKind.EMAIL, value="anna@example.org")
    await person(desk, "Anna", "Abt", identifiers=(email,))
    assert await found(desk, words="abt")
    desk.org_id = uuid4()
    assert await found(desk, words="abt") == await found(desk, identifier=email) == await found(desk) == []
