"""Facts about how a contact stands to another."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from kernel.log.facts import Event


class RelationKind(StrEnum):
    """Read from the contact to the other one."""

    WORKS_FOR = "works-for"
    HOUSEHOLD_OF = "household-of"
    SUBSIDIARY_OF = "subsidiary-of"


class RelationAdded(Event):
    """The contact works for, shares the household of, or is a subsidiary of the other."""

    contact_id: UUID
    kind: RelationKind
    other_id: UUID

    def subjects(self) -> tuple[UUID, ...]:
        return self.contact_id, self.other_id


class RelationEnded(Event):
    """That relation is over."""

    contact_id: UUID
    kind: RelationKind
    other_id: UUID

    def subjects(self) -> tuple[UUID, ...]:
        return self.contact_id, self.other_id


RelationEvent = RelationAdded | RelationEnded
