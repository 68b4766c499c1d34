"""Who asks, and what they may: the roles, and a caller with one organisation and one of them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.web.problems import Problem


class Role(StrEnum):
    """What a caller may be; each command and each query names the roles that may use it."""

    AGENT = "agent"
    MANAGER = "manager"
    MARKETER = "marketer"
    PARTNER_MANAGER = "partner-manager"
    PARTNER = "partner"
    INTEGRATOR = "integrator"
    OPERATOR = "operator"
    PRIVACY_OFFICER = "privacy-officer"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Caller:
    """One verified caller. The organisation comes from here alone, never from a body or an address."""

    org_id: UUID
    subject: str
    role: Role
    contact_id: UUID | None = None
    """The contact that a customer is; None in every other role."""

    def owns(self, contacts: Container[UUID | None]) -> bool:
        """Whether what belongs to these contacts is there for the caller: to a customer only its own is."""
        return self.role is not Role.CUSTOMER or (self.contact_id is not None and self.contact_id in contacts)


def require(caller: Caller, roles: frozenset[Role]) -> None:
    """Raises a 403 problem where the caller's role is none of `roles`."""
    if caller.role not in roles:
        raise Problem("forbidden", f"The role {caller.role.value} may not do this.")


def require_own_words(caller: Caller, words: Iterable[tuple[str, Any]], said: object, at: str = "") -> None:
    """Raises a 403 problem where a customer says of itself what others must vouch for.

    `words` are fields of `said` with the one value that they may have; `at` begins the pointer.
    """
    if caller.role is not Role.CUSTOMER:
        return
    for field, word in words:
        if getattr(said, field) != word:
            rule = "may not say this: leave it out" if word is None else f"may say only `{word}` here"
            raise Problem("forbidden", f"A customer {rule}.", pointer=f"{at}/{field}")
