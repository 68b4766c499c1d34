"""Wishes about how a contact stands to another."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from services.contacts.commands.contact import EXAMPLE_COMPANY
from services.contacts.commands.roles import STAFF
from services.contacts.events.relations import RelationKind


class AddRelation(Command):
    """The contact works for, shares the household of, or is a subsidiary of the other.

    No company becomes a subsidiary of its own, through however many others.
    The example names the company that the example `register-contact-2` makes.
    """

    roles = STAFF
    refusals = ("contact-closed", "contact-unknown", "relation-unfit", "too-many-relations")
    spans = True
    examples = ({"kind": "works-for", "other_id": EXAMPLE_COMPANY},)

    kind: RelationKind
    other_id: UUID


class EndRelation(Command):
    """That relation is over."""

    roles = STAFF
    refusals = ("contact-closed",)
    examples = ({"kind": "works-for", "other_id": EXAMPLE_COMPANY},)

    kind: RelationKind
    other_id: UUID
