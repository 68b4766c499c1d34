"""How organisations are decided: what each says of itself, in the one stream with its own id. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from kernel.commands import Rejected
from kernel.log.facts import Event
from services.partners.commands import (
    ListOrganisation,
    RegisterOrganisation,
    RenameOrganisation,
    UnlistOrganisation,
)
from services.partners.events import (
    OrganisationEvent,
    OrganisationListed,
    OrganisationRegistered,
    OrganisationRenamed,
    OrganisationUnlisted,
)
from services.partners.events.organisation import OrganisationKind

OrganisationCommand = RegisterOrganisation | RenameOrganisation | ListOrganisation | UnlistOrganisation


@dataclass(frozen=True, slots=True)
class Organisation:
    """What an organisation said of itself."""

    name: str | None = None
    kind: OrganisationKind | None = None
    listed: bool = False


def initial(_org_id: UUID, _stream_id: UUID) -> Organisation:
    """It said nothing."""
    return Organisation()


def stream_of(org_id: UUID, _command: RegisterOrganisation) -> UUID:
    """The organisation's own."""
    return org_id


def evolve(organisation: Organisation, event: OrganisationEvent) -> Organisation:
    match event:
        case OrganisationRegistered():
            return Organisation(event.name, event.kind)
        case OrganisationRenamed():
            return replace(organisation, name=event.name)
        case OrganisationListed():
            return replace(organisation, listed=True)
        case OrganisationUnlisted():
            return replace(organisation, listed=False)
        case _:
            assert_never(event)


def decide(command: OrganisationCommand, organisation: Organisation, _now: datetime) -> list[Event]:
    match command:
        case RegisterOrganisation():
            return register(command, organisation)
        case RenameOrganisation():
            same = command.name == organisation.name
            return [] if same else [OrganisationRenamed(name=command.name)]
        case ListOrganisation():
            return [] if organisation.listed else [OrganisationListed()]
        case UnlistOrganisation():
            return [OrganisationUnlisted()] if organisation.listed else []
        case _:
            assert_never(command)


def register(command: RegisterOrganisation, organisation: Organisation) -> list[Event]:
    if organisation.name is None:
        return [OrganisationRegistered(name=command.name, kind=command.kind)]
    if (command.name, command.kind) == (organisation.name, organisation.kind):
        return []
    sentence = "The organisation is registered, under another name or kind: rename it."
    raise Rejected("already-registered", sentence)
