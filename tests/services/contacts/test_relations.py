"""Relations between contacts."""

import asyncio
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from services.contacts.commands import AddRelation, CloseContact, EndRelation, RegisterContact
from services.contacts.decider import relations
from services.contacts.events import RelationAdded, RelationEnded
from services.contacts.events.words import ContactKind, Name
from tests.services.contacts.conftest import Office
from tests.services.contacts.story import Town, rejected


def town():
    town = Town()
    anna, bert = town.register("Anna"), town.register("Bert")
    firm, group = (town.register(name, ContactKind.COMPANY) for name in ("Firm", "Group"))
    return town, anna, bert, firm, group


def test_a_relation_is_added_and_ended_once_and_speaks_of_both():
    here, anna, _, firm, _ = town()
    added = RelationAdded(contact_id=anna, kind="works-for", other_id=firm)
    add, end = (command(kind="works-for", other_id=firm) for command in (AddRelation, EndRelation))
    assert here.carry_out(end, anna) == {}
    assert here.carry_out(add, anna) == {anna: [added]}
    assert here.carry_out(add, anna) == {}
    assert added.subjects() == (anna, firm)
    assert here.carry_out(end, anna) == {
        anna: [RelationEnded(contact_id=anna, kind="works-for", other_id=firm)]
    }


@pytest.mark.parametrize(
    ("kind", "who", "whom"),
    [("works-for", 1, 2), ("works-for", 3, 4), ("household-of", 1, 3), ("subsidiary-of", 3, 1)],
)
def test_who_can_stand_in_which_relation(kind: str, who: int, whom: int):
    everyone = town()
    with rejected("relation-unfit"):
        everyone[0].carry_out(AddRelation(kind=kind, other_id=everyone[whom]), everyone[who])


def test_nobody_is_related_to_itself_or_to_the_unknown():
    here, anna, *_ = town()
    with rejected("relation-unfit"):
        here.carry_out(AddRelation(kind="household-of", other_id=anna), anna)
    with rejected("contact-unknown"):
        here.carry_out(AddRelation(kind="household-of", other_id=uuid4()), anna)


def test_nobody_comes_into_a_relation_to_a_closed_contact():
    here, anna, _, firm, _ = town()
    here.carry_out(CloseContact(reason="dissolved"), firm)
    with rejected("contact-closed"):
        here.carry_out(AddRelation(kind="works-for", other_id=firm), anna)


def companies(here: Town, count: int) -> list[UUID]:
    return [here.register(f"Company {number}", ContactKind.COMPANY) for number in range(count)]


def under(here: Town, company: UUID, other: UUID) -> None:
    here.carry_out(AddRelation(kind="subsidiary-of", other_id=other), company)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_no_company_comes_to_be_its_own_subsidiary(count: int):
    here = Town()
    group = companies(here, count)
    for company, other in pairwise(group):
        under(here, company, other)
    with rejected("relation-unfit"):
        under(here, group[-1], group[0])
    here.carry_out(EndRelation(kind="subsidiary-of", other_id=group[1]), group[0])
    under(here, group[-1], group[0])


def test_a_company_may_have_several_above_it_that_have_one_in_common():
    here = Town()
    joint, one, other, top = companies(here, 4)
    for company, above in ((one, top), (other, top), (joint, one), (joint, other)):
        under(here, company, above)


def test_a_group_is_not_looked_through_without_end(monkeypatch):
    monkeypatch.setattr(relations, "MOST_ABOVE", 3)
    here = Town()
    group = companies(here, 6)
    for company, other in reversed([*pairwise(group)][1:]):
        under(here, company, other)
    with rejected("too-many-relations"):
        under(here, group[0], group[1])


async def test_two_companies_that_become_each_others_subsidiary_at_once_do_not_both(office: Office):
    for _ in range(5):
        found = [RegisterContact(kind="company", name=Name(company=name)) for name in ("One", "Other")]
        one, other = [(await office.ask(wish)).id for wish in found]
        outcomes = await asyncio.gather(
            office.outcome(AddRelation(kind="subsidiary-of", other_id=other), one, 0),
            office.outcome(AddRelation(kind="subsidiary-of", other_id=one), other, 1),
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Answer", "Problem"]
