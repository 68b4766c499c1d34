"""Wishes about which contacts are one customer."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from services.contacts.commands.contact import EXAMPLE_PERSON
from services.contacts.commands.roles import STAFF


class MergeContact(Command):
    """The other contact is the same customer: all contacts of its customer join the customer of this one."""

    roles = STAFF
    spans = True
    examples = ({"other_id": EXAMPLE_PERSON},)

    other_id: UUID
    merge_id: UUID | None = None
    """A name for the merge, by which it can be undone; omitted: one is made."""


class UnmergeContact(Command):
    """That merge was a mistake: the contacts that it brought are whose they were.

    A later merge of the customer into another one is to be undone first.
    """

    roles = STAFF
    spans = True
    examples = ({"merge_id": "0192d4f0-0000-7000-8000-0000000000ff"},)

    merge_id: UUID
