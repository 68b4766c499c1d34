"""One customer: who its contacts are. GET /customers/{id}, by the id of any of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from kernel.log.facts import Record
from kernel.view import reading
from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query
from services.projections.customers.person import PERSON, Person
from services.projections.shared.identity import IDENTITY, customer_of


class CustomerId(Record):
    """A customer's own id, or that of any contact of it."""

    id: UUID


class Customer(msgspec.Struct, frozen=True):
    """A customer and everyone it consists of."""

    id: UUID
    contacts: tuple[Person, ...]


async def customer(inquiry: Inquiry, params: CustomerId) -> Customer | None:
    """None where the organisation has no such contact."""
    if (found := await customer_of(inquiry.db, params.id)) is None:
        return None
    customer_id, contacts = found
    rows: dict[Any, Person] = await reading.rows(inquiry.db, PERSON, [(contact,) for contact in contacts])
    return Customer(customer_id, tuple(rows[contact,] for contact in contacts if (contact,) in rows))


CUSTOMER = Query(
    method="GET",
    path="/customers/{id}",
    roles=frozenset({Role.AGENT, Role.MANAGER, Role.PRIVACY_OFFICER}),
    handler=customer,
    views=(IDENTITY, PERSON),
    params=CustomerId,
    answer=Customer,
    summary="One customer with all its contacts",
)
