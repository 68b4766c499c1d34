"""Laws of every command's route, made from the table of routes: examples, roles, organisations."""

from uuid import UUID

import pytest

from kernel.web.access import Role
from services.partners.commands import COUNTERPART
from tests.contracts.conftest import ROUTES, UNKNOWN, beginning_of


def each(routes):
    return pytest.mark.parametrize(
        ("service", "route"), routes, ids=[f"{service}-{route.name}" for service, route in routes]
    )


each_route = each(ROUTES)
each_later_route = each([(service, route) for service, route in ROUTES if not route.command.begins])


@each_route
def test_every_example_succeeds_as_it_stands(caller, service, route):
    caller = caller.as_(min(route.command.roles))
    prepare_others(caller, service, route)
    for example in route.command.examples:
        stream = "" if route.command.begins else caller.begun(service, route)
        for who, each in earlier(caller, service, route):
            answer = who.ask(service, each.path.format(id=stream), dict(each.command.examples[0]))
            assert answer.is_success, answer.text
        answer = caller.ask(service, route.path.format(id=stream), dict(example))
        assert answer.is_success, answer.text


EARLIER = {
    "UnmergeContact": [(None, "MergeContact")],
    "NarrowAgreement": [(None, "SignAgreement"), (UUID(COUNTERPART), "SignAgreement")],
}
"""What has to be done first, and by whom: None: by the same organisation."""


def earlier(caller, service, route):
    routes = {each.name: each for name, each in ROUTES if name == service}
    for org, name in EARLIER.get(route.name, ()):
        role = min(routes[name].command.roles)
        yield caller.of(org or caller.org).as_(role), routes[name]


def prepare_others(caller, service, route):
    """Makes the streams that the beginning command's later examples make: other examples may name them."""
    if route.command.begins:
        return
    beginning = beginning_of(route)
    for example in beginning.command.examples[1:]:
        answer = caller.as_(min(beginning.command.roles)).ask(service, beginning.path, dict(example))
        assert answer.is_success, answer.text


@each_route
def test_a_role_that_is_not_named_is_forbidden(caller, service, route):
    path = route.path.format(id=UNKNOWN)
    for role in set(Role) - route.command.roles:
        answer = caller.as_(role).ask(service, path, dict(route.command.examples[0]))
        assert answer.status_code == 403, role


@each_route
def test_a_role_that_is_named_is_not_forbidden(caller, service, route):
    path = route.path.format(id=UNKNOWN)
    for role in route.command.roles:
        answer = caller.as_(role).ask(service, path, dict(route.command.examples[0]))
        assert answer.status_code not in (401, 403), role


@each_later_route
def test_a_customer_reaches_its_own_contact_alone(caller, service, route):
    own, other = caller.begun(service, route), caller.begun(service, route)
    customer, body = caller.as_("customer", own), dict(route.command.examples[0])
    mine, theirs, unknown = [
        customer.ask(service, route.path.format(id=each), body) for each in (own, other, UNKNOWN)
    ]
    if Role.CUSTOMER in route.command.roles:
        assert mine.is_success, mine.text
        assert (theirs.status_code, theirs.content) == (404, unknown.content)
    else:
        assert {each.status_code for each in (mine, theirs, unknown)} == {403}


@each_route
def test_without_a_token_nothing_is_said(caller, service, route):
    answer = caller.ask(service, route.path.format(id=UNKNOWN), {}, authorization="Bearer x.y.z")
    assert answer.status_code == 401


@each_later_route
def test_another_organisations_stream_answers_as_an_unknown_one(caller, service, route):
    stranger = caller.as_(min(route.command.roles))
    foreign_id = stranger.elsewhere().begun(service, route)
    for example in route.command.examples:
        foreign = stranger.ask(service, route.path.format(id=foreign_id), dict(example))
        unknown = stranger.ask(service, route.path.format(id=UNKNOWN), dict(example))
        assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
        assert foreign.status_code == 404


@each_later_route
def test_a_foreign_stream_is_unknown_in_a_batch_too(caller, service, route):
    item = {"command": route.name, "body": dict(route.command.examples[0])}
    items = [item | {"id": caller.elsewhere().begun(service, route)}, item | {"id": UNKNOWN}]
    foreign, unknown = caller.as_(min(route.command.roles)).ask(service, "/commands", items).json()
    assert foreign == unknown
    assert foreign["status"] == 404
