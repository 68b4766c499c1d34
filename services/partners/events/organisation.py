"""Facts about organisations: what each says of itself, in the stream with its own id."""

from __future__ import annotations

from enum import StrEnum

from kernel.log.facts import Event
from lib.texts import Line


class OrganisationKind(StrEnum):
    RETAILER = "retailer"
    MANUFACTURER = "manufacturer"
    SUPPLIER = "supplier"
    DISTRIBUTOR = "distributor"
    OTHER = "other"


class OrganisationRegistered(Event):
    """The organisation has a name here. It is not listed yet."""

    name: Line
    kind: OrganisationKind


class OrganisationRenamed(Event):
    name: Line


class OrganisationListed(Event):
    """Others find it, and may propose agreements to it."""


class OrganisationUnlisted(Event):
    """To whom has no agreement with it, it is unknown."""


OrganisationEvent = OrganisationRegistered | OrganisationRenamed | OrganisationListed | OrganisationUnlisted
