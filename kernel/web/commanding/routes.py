"""Which commands a service takes, and where: derived from its aggregates and their commands' names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kernel.aggregate import Aggregate
from kernel.commands import Command
from kernel.web.service import Service

_NEXT_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class CommandRoute:
    """One command: POST /contacts where it begins a stream, POST /contacts/{id}/give-consent otherwise."""

    aggregate: Aggregate[Any]
    command: type[Command]

    @property
    def name(self) -> str:
        """The command's name, as an item of /commands says it."""
        return self.command.__name__

    @property
    def path(self) -> str:
        if self.command.begins:
            return f"/{self.aggregate.path}"
        return f"/{self.aggregate.path}/{{id}}/{kebab(self.name)}"


def kebab(name: str) -> str:
    """GiveConsent → give-consent."""
    return _NEXT_WORD.sub("-", name).lower()


def command_routes(service: Service) -> tuple[CommandRoute, ...]:
    """Every command that somebody may wish, by unique names; those without roles come from reactions."""
    routes = tuple(
        CommandRoute(aggregate, command)
        for aggregate in service.aggregates
        for command in aggregate.commands
        if command.roles
    )
    names = [route.name for route in routes]
    if len(names) != len(set(names)):
        raise ValueError(f"two commands of {service.name} have one name")
    return routes
