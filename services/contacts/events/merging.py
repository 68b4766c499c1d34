"""Facts about which contacts are one customer. A customer's id is that of its surviving contact."""

from __future__ import annotations

from uuid import UUID

from kernel.log.facts import Event


class CustomerJoined(Event):
    """The contact belongs to another customer from now on. On its own stream."""

    contact_id: UUID
    merge_id: UUID
    customer_id: UUID
    """Whose it is now."""
    former_customer_id: UUID
    """Whose it was, and will be again when the merge is undone."""


class CustomerLeft(Event):
    """A merge was undone, and the contact belongs to the customer of before. On its own stream."""

    contact_id: UUID
    merge_id: UUID
    customer_id: UUID
    """Whose it is again."""
    left_customer_id: UUID
    """Whose it was while merged."""


class ContactsAbsorbed(Event):
    """A merge brought these contacts to the customer. On the surviving contact's own stream."""

    contact_id: UUID
    merge_id: UUID
    contacts: tuple[UUID, ...]


class ContactsReleased(Event):
    """A merge was undone, and these contacts left the customer. On the surviving contact's own stream."""

    contact_id: UUID
    merge_id: UUID
    contacts: tuple[UUID, ...]


MergeEvent = CustomerJoined | CustomerLeft | ContactsAbsorbed | ContactsReleased
