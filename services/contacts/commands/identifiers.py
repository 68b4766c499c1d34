"""Wishes about what a contact is known by elsewhere."""

from __future__ import annotations

from kernel.commands import Command
from lib.identifiers import Identifier
from services.contacts.commands.roles import PRIVACY, STAFF
from services.contacts.events.identifiers import VerificationMethod


class AddIdentifier(Command):
    """The contact is known by this; refused while another live contact is."""

    roles = STAFF
    refusals = ("contact-closed", "too-many-identifiers", "identifier-taken")
    examples = ({"identifier": {"kind": "phone", "value": "+43 1 5330 100"}},)

    identifier: Identifier


class VerifyIdentifier(Command):
    """The contact showed that this is its own; it is added where it was not known."""

    roles = STAFF
    refusals = ("contact-closed", "too-many-identifiers", "identifier-taken")
    examples = ({"identifier": {"kind": "email", "value": "anna.gruber@mail.example"}, "method": "link"},)

    identifier: Identifier
    method: VerificationMethod = VerificationMethod.UNRECORDED


class RemoveIdentifier(Command):
    """The contact is no longer known by this; another may be."""

    roles = PRIVACY
    refusals = ("contact-closed",)
    examples = ({"identifier": {"kind": "loyalty-card", "value": "2900 0017"}},)

    identifier: Identifier
