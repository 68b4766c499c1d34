"""What a service refuses is declared beside its commands, and so stands in its contract."""

import re

import pytest

from kernel.aggregate import nothing_claimed
from kernel.clocks import NOT_YET
from kernel.settings import SERVICES
from kernel.web.contract.openapi import openapi
from kernel.web.problems import TYPE_PREFIX
from ops.checkout import CHECKOUT
from tests.contracts.conftest import ROUTES, SERVICE
from tests.contracts.raising import raised

EVERY_COMMAND = [
    (aggregate, command)
    for name in SERVICES
    for aggregate in SERVICE[name].aggregates
    for command in aggregate.commands
]
each_command = pytest.mark.parametrize(
    ("aggregate", "command"), EVERY_COMMAND, ids=[command.__name__ for _, command in EVERY_COMMAND]
)
BEGINS_OPEN = {"contact-closed"}
"""What begins has not been closed."""


@each_command
def test_what_a_decision_can_raise_is_declared(aggregate, command):
    can_be = raised(aggregate, command) - (BEGINS_OPEN if command.begins else set())
    assert sorted({*command.refusals, *command.outdated} - {aggregate.taken.code}) == sorted(can_be)


@pytest.mark.parametrize("name", SERVICES)
def test_what_begins_with_a_claim_declares_that_another_may_have_it(name):
    for aggregate in SERVICE[name].aggregates:
        for command in aggregate.commands:
            if command.begins:
                claims = aggregate.claims is not nothing_claimed
                assert (aggregate.taken.code in command.refusals) == claims, command


def test_every_refusal_that_is_written_can_be_raised():
    folder = CHECKOUT / "services"
    written = {
        code
        for path in folder.rglob("*.py")
        for code in re.findall(r'(?:Rejected|Outdated)\(\s*"([^"]+)"', path.read_text())
    }
    assert {code for pair in EVERY_COMMAND for code in raised(*pair)} == written | {NOT_YET[0]}


def problems(service, route):
    """The schemas of the problems of an operation, by status."""
    responses = openapi(SERVICE[service])["paths"][route.path]["post"]["responses"]
    return {
        status: response["content"]["application/problem+json"]["schema"]
        for status, response in responses.items()
        if int(status) >= 400
    }


@pytest.mark.parametrize(
    ("service", "route"),
    [(service, route) for service, route in ROUTES if route.command.refusals],
    ids=lambda each: getattr(each, "name", each),
)
def test_the_contract_names_the_types_of_what_is_refused(service, route):
    documented = problems(service, route)
    for code in route.command.refusals:
        [_, narrowed] = documented["409" if code == route.aggregate.taken.code else "422"]["allOf"]
        assert TYPE_PREFIX + code in narrowed["properties"]["type"]["enum"]


def test_a_taken_claim_names_who_holds_it(caller):
    [(service, route)] = [(service, route) for service, route in ROUTES if route.name == "AddIdentifier"]
    holder, other = caller.begun(service, route), caller.begun(service, route)
    body = dict(route.command.examples[0])
    assert caller.ask(service, route.path.format(id=holder), body).is_success
    problem = caller.ask(service, route.path.format(id=other), body).json()
    assert (problem["status"], problem["holder"]) == (409, holder)
    [_, narrowed] = problems(service, route)["409"]["allOf"]
    assert {"type", "holder"} == set(narrowed["properties"])
    assert problem["type"] in narrowed["properties"]["type"]["enum"]
