"""One identifier, one live contact: held by the database, also when many want it at once."""

import asyncio

import pytest

from kernel.handling import Answer
from kernel.web.problems import Problem
from lib.identifiers import Identifier
from services.contacts.commands import AddIdentifier, CloseContact, RemoveIdentifier, ReopenContact
from tests.services.contacts.conftest import Office

EMAIL = Identifier(kind="email", value="anna@example.org")


async def test_of_many_who_want_one_identifier_at_once_one_gets_it(office: Office):
    contacts = [await office.register(str(n)) for n in range(20)]
    outcomes = await asyncio.gather(
        *(
            office.outcome(AddIdentifier(identifier=EMAIL), contact, n % 2)
            for n, contact in enumerate(contacts)
        )
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Answer)]
    problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
    assert {(problem.status, problem.code) for problem in problems} == {(409, "identifier-taken")}
    assert {problem.members["holder"] for problem in problems} == {str(winner.id)}
    assert all("anna" not in str(problem.document()) for problem in problems)


async def test_registering_a_taken_identifier_registers_nothing(office: Office):
    holder = await office.register("Anna", EMAIL)
    with pytest.raises(Problem) as refused:
        await office.register("Anni", Identifier(kind="phone", value="+43 1 5330 100"), EMAIL)
    assert refused.value.members == {"holder": str(holder)}
    # Nothing of it happened: the phone number is free.
    await office.register("Bert", Identifier(kind="phone", value="+43 1 5330 100"))


async def test_closing_frees_the_identifiers_and_reopening_takes_them_again(office: Office):
    anna = await office.register("Anna", EMAIL)
    await office.ask(CloseContact(reason="gone"), anna)
    await office.ask(ReopenContact(), anna)
    await office.ask(CloseContact(reason="gone"), anna)
    anni = await office.register("Anni", EMAIL)
    refused = await office.outcome(ReopenContact(), anna)
    assert isinstance(refused, Problem)
    assert (refused.status, refused.members) == (409, {"holder": str(anni)})
    await office.ask(RemoveIdentifier(identifier=EMAIL), anni)
    assert (await office.ask(ReopenContact(), anna)).kind == "changed"
    assert isinstance(await office.outcome(AddIdentifier(identifier=EMAIL), anni), Problem)
