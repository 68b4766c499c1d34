"""Wishes about which contacts are one customer."""

from __future__ import annotations

from uuid import UUID

from kernel.commands import Command
from services.contacts.commands.contact import EXAMPLE_PERSON
from services.contacts.commands.roles import STAFF

EXAMPLE_MERGE = "0192d4f0-0000-7000-8000-0000000000ff"


class MergeContact(Command):
    """The other contact is the same customer: all contacts of its customer join the customer of this one.

    The example names the contact that the example `register-contact-3` makes.
    """

    roles = STAFF
    refusals = ("contact-closed", "contact-unknown", "customer-too-large", "kinds-differ", "merge-id-taken")
    spans = True
    examples = ({"other_id": EXAMPLE_PERSON, "merge_id": EXAMPLE_MERGE},)

    other_id: UUID
    merge_id: UUID
    """A new name for the merge, by which it can be undone; the timeline shows it."""


class UnmergeContact(Command):
    """That merge was a mistake: the contacts that it brought are whose they were.

    Wished of a contact that it brought, or of the one that survived it. A later merge of the customer into
    another one is to be undone first. The example undoes that of MergeContact.
    """

    roles = STAFF
    refusals = ("merge-built-upon", "merge-unknown")
    spans = True
    examples = ({"merge_id": EXAMPLE_MERGE},)

    merge_id: UUID
