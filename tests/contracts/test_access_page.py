"""docs/access.md says of every command and query who may use it, as the code has it."""

import re

from kernel.web.access import Role
from ops.checkout import CHECKOUT
from services.projections.app import SERVICE
from tests.contracts.conftest import ROUTES

WORDS = {"", "yes", "own", "sealed"}


def told():
    """Roles by the name of what they may."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in (CHECKOUT / "docs/access.md").read_text().splitlines()
        if line.startswith("|")
    ]
    (_, *roles), _, *groups = rows
    for names, *words in groups:
        assert set(words) <= WORDS
        may = {Role(role) for role, word in zip(roles, words, strict=True) if word}
        for name in re.findall("`(.+?)`", names):
            yield name, may


def test_the_page_tells_what_every_role_may():
    commands = {route.name: route.command.roles for _, route in ROUTES}
    queries = {f"{query.method} {query.path}": query.roles for query in SERVICE.queries}
    assert sorted(told()) == sorted((commands | queries).items())
