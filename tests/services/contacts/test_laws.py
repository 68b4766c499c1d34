"""What holds of every wish and every history, by the examples that the contracts show."""

from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kernel.commands import Command, Rejected
from kernel.log.facts import decode, encode
from services.contacts.app import CONTACT
from services.contacts.commands import MergeContact, RecordInteraction, RegisterContact, UnmergeContact
from services.contacts.decider import ALSO_WHEN_CLOSED, evolve
from services.contacts.decider.identifiers import claims
from services.contacts.decider.state import Contact
from tests.services.contacts.story import CLOSED, Town, rejected


def parsed(command: type[Command], body: Any) -> Command:
    return TypeAdapter(command).validate_python({name: value for name, value in body.items() if name != "id"})


EXAMPLES = [
    parsed(command, body) for command in CONTACT.commands for body in command.examples if not command.begins
]
HISTORIES = st.lists(st.tuples(st.sampled_from(EXAMPLES), st.integers(0, 2)), max_size=12)


def example_town() -> tuple[Town, list[UUID]]:
    """The contacts of RegisterContact's examples, those with their own ids under these."""
    here = Town()
    for body in RegisterContact.examples:
        contact_id = UUID(body.get("id", "0192d4f0-0000-7000-8000-00000000a22a"))
        here.contacts[contact_id] = Contact(contact_id)
        here.carry_out(parsed(RegisterContact, body), contact_id)
    return here, list(here.contacts)


def lived(history: list[tuple[Command, int]]) -> tuple[Town, list[UUID]]:
    here, ids = example_town()
    for command, who in history:
        attempt(here, command, ids[who])
    return here, ids


def attempt(here: Town, command: Command, contact: UUID) -> object:
    try:
        return here.carry_out(command, contact)
    except Rejected as refusal:
        return refusal.code


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: type(command).__name__)
def test_every_example_succeeds_on_a_newly_registered_contact(command: Command):
    here, (first, *_) = example_town()
    if isinstance(command, UnmergeContact):
        here.carry_out(parsed(MergeContact, MergeContact.examples[0]), first)
    here.carry_out(command, first)


@settings(max_examples=100, deadline=None)
@given(HISTORIES, st.sampled_from(EXAMPLES), st.integers(0, 2))
def test_deciding_twice_changes_nothing(history: list[tuple[Command, int]], command: Command, who: int):
    here, ids = lived(history)
    if not isinstance(command, RecordInteraction) and not isinstance(attempt(here, command, ids[who]), str):
        assert here.carry_out(command, ids[who]) == {}


@settings(max_examples=50, deadline=None)
@given(HISTORIES, st.sampled_from(EXAMPLES))
def test_a_closed_contact_refuses_what_is_not_meant_for_it(
    history: list[tuple[Command, int]], command: Command
):
    here, (first, *_) = lived(history)
    here.contacts[first] = evolve(here.contacts[first], CLOSED)
    if not isinstance(command, ALSO_WHEN_CLOSED):
        with rejected("contact-closed"):
            here.carry_out(command, first)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: type(command).__name__)
def test_what_takes_an_identifier_declares_that_another_may_have_it(command: Command, closed: bool):
    here, ids = example_town()
    for contact in ids:
        if closed:
            here.contacts[contact] = evolve(here.contacts[contact], CLOSED)
        held = claims(here.contacts[contact])
        attempt(here, command, contact)
        if claims(here.contacts[contact]) - held:
            assert CONTACT.taken.code in command.refusals


@settings(max_examples=50, deadline=None)
@given(HISTORIES)
def test_what_was_written_folds_to_the_same_contacts(history: list[tuple[Command, int]]):
    here, ids = lived(history)
    for contact in ids:
        written = [(type(event), *encode(event)) for whose, event in here.log if whose == contact]
        read = [decode(cls, cls.version, data, personal) for cls, data, personal in written]
        assert reduce(evolve, read, Contact(contact)) == here.contacts[contact]  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(HISTORIES)
def test_personal_values_stand_in_the_personal_part_alone(history: list[tuple[Command, int]]):
    here, _ = lived(history)
    for _, event in here.log:
        data, _ = encode(event)
        for value in (b"Anna", b"Gruber", b"Berger", b"example", b"Salzburg", b"1984", b"2900", b"4711"):
            assert value not in data, event


@settings(max_examples=50, deadline=None)
@given(HISTORIES)
def test_what_is_not_loaded_changes_no_state(history: list[tuple[Command, int]]):
    here, ids = lived(history)
    for contact in ids:
        loaded = [
            event for whose, event in here.log if whose == contact and type(event) not in CONTACT.ignores
        ]
        assert reduce(evolve, loaded, Contact(contact)) == here.contacts[contact]  # type: ignore[arg-type]
