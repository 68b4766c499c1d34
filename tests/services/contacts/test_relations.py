"""Relations between contacts."""

from uuid import uuid4

import pytest

from services.contacts.commands import AddRelation, CloseContact, EndRelation
from services.contacts.events import RelationAdded, RelationEnded
from services.contacts.events.words import ContactKind
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
