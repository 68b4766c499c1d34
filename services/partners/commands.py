"""Wishes about organisations and agreements, each with the roles that may have it."""

from __future__ import annotations

from uuid import UUID

from pydantic import TypeAdapter

from kernel.commands import Command
from kernel.web.access import Role
from lib.texts import Line
from services.partners.events.agreement import Digest, Reason, TextVersion
from services.partners.events.organisation import OrganisationKind
from services.partners.events.terms import Terms
from services.partners.text import digest

HEAD = frozenset({Role.MANAGER, Role.OPERATOR})
"""Who speaks for the organisation."""
NEGOTIATES = frozenset({Role.PARTNER_MANAGER, Role.OPERATOR})
STOPS = NEGOTIATES | {Role.PRIVACY_OFFICER}
"""Who may have less shared; more is for those alone who negotiate."""

TERMS = {
    "proposer_gives": {
        "purposes": ["assortment"],
        "fields": ["profile.city", "purchases.brand", "purchases.category"],
        "population": [{"field": "purchases.category", "values": ["TROPICAL FRUIT"], "months": 6}],
        "depth_months": 12,
        "retention_days": 90,
        "notice_version": 3,
        "manufacturers": ["Fruit Growers"],
    },
    "ends_at": "2099-12-31T23:00:00Z",
}
UNFIT = ("nothing-given", "over-already", "population-unshared", "population-unfit", "beyond-depth")
"""What may be wrong with a text."""
ENDED = "agreement-ended"
NARROWER = TERMS | {"ends_at": "2098-12-31T23:00:00Z"}
OTHER_TERMS = TERMS | {"group_size": 5}


class RegisterOrganisation(Command):
    """The organisation takes a name here; each has one, and its id is that of the organisation."""

    roles = HEAD
    begins = True
    refusals = ("already-registered",)
    examples = ({"name": "Corner Shops", "kind": "retailer"},)

    name: Line
    kind: OrganisationKind


class RenameOrganisation(Command):
    roles = HEAD
    examples = ({"name": "Corner Shops and Sons"},)

    name: Line


class ListOrganisation(Command):
    """Others may find the organisation and propose agreements to it."""

    roles = HEAD


class UnlistOrganisation(Command):
    """Nobody new finds the organisation; its agreements stand."""

    roles = HEAD


COUNTERPART = "0192d4f0-0000-7000-8000-00000000c0de"


class ProposeAgreement(Command):
    """A text for an agreement with a listed organisation. It is in force when both have signed it."""

    roles = NEGOTIATES
    begins = True
    spans = True
    refusals = ("with-itself", "organisation-unknown", *UNFIT)
    examples = ({"counterpart_id": COUNTERPART, "terms": TERMS},)

    counterpart_id: UUID
    terms: Terms


class CounterAgreement(Command):
    """Another text in the place of the one that waits for signatures; what is in force stays so meanwhile."""

    roles = NEGOTIATES
    spans = True
    refusals = (ENDED, *UNFIT)
    examples = ({"terms": OTHER_TERMS},)

    terms: Terms


class SignAgreement(Command):
    """Signs the text that waits for signatures, named by its version and digest."""

    roles = NEGOTIATES
    spans = True
    refusals = (ENDED, *UNFIT)
    outdated = ("text-outdated", "already-signed")
    examples = ({"text_version": 1, "digest": digest(1, TypeAdapter(Terms).validate_python(TERMS))},)

    text_version: TextVersion
    digest: Digest


class NarrowAgreement(Command):
    """A text that gives less, in force at once and without the other side. More needs both: counter."""

    roles = STOPS
    spans = True
    refusals = (ENDED, "not-in-force", "not-narrower", *UNFIT)
    examples = ({"terms": NARROWER},)

    terms: Terms


class SuspendAgreement(Command):
    """Nothing is shared from now on, in either direction, until this side resumes it."""

    roles = STOPS
    spans = True
    refusals = (ENDED,)

    reason: Reason | None = None


class ResumeAgreement(Command):
    """This side suspends it no longer."""

    roles = NEGOTIATES
    spans = True
    refusals = (ENDED,)


class EndAgreement(Command):
    """For good, and at once."""

    roles = STOPS
    spans = True
    refusals = (ENDED,)

    reason: Reason | None = None
