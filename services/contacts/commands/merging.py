"""Wishes about which contacts are one customer."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from services.contacts.commands.contact import EXAMPLE_PERSON
from services.contacts.commands.roles import STAFF

EXAMPLE_MERGE = "0192d4f0-0000-7000-8000-0000000000ff"


class MergeContact(Command):
    """The other contact is the same customer: all contacts of its customer join the customer of this one."""

    roles = STAFF
    spans = True
    examples = ({"other_id": EXAMPLE_PERSON, "merge_id": EXAMPLE_MERGE},)

    other_id: UUID
    merge_id: UUID
    """A new name for the merge, by which it can be undone; the timeline shows it."""


class UnmergeContact(Command):
    """That merge was a mistake: the contacts that it brought are whose they were.

    Wished of a contact that it brought, or of the one that survived it. A later merge of the customer into
    another one is to be undone first.
    """

    roles = STAFF
    spans = True
    examples = ({"merge_id": EXAMPLE_MERGE},)

    merge_id: UUID
