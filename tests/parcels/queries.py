"""Questions about parcels, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import Field

from kernel.view import reading
from kernel.web.access import Role
from kernel.web.inquiry import Inquiry
from kernel.web.service import Query, Service
from lib.records import Record
from tests.parcels.views import PARCEL, Parcel

STAFF = frozenset({Role.AGENT})


class ParcelId(Record):
    """Which parcel."""

    id: UUID


class PlaceAsked(Record):
    """Where to look."""

    place: str
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Parcels, and where the next page begins."""

    parcels: tuple[Parcel, ...]
    cursor: str | None = None


async def parcel(inquiry: Inquiry, params: ParcelId) -> Parcel | None:
    return await reading.row(inquiry.db, PARCEL, params.id)


async def parcels_at(inquiry: Inquiry, params: PlaceAsked) -> Page:
    after = inquiry.after(params.cursor, UUID) if params.cursor else UUID(int=0)
    ids = await inquiry.db.fetch(
        "SELECT parcel_id FROM parcel__v1 WHERE place = $1 AND parcel_id > $2 ORDER BY parcel_id LIMIT $3",
        params.place,
        after,
        params.limit,
    )
    found = await reading.rows(inquiry.db, PARCEL, [(row["parcel_id"],) for row in ids])
    parcels = tuple(sorted(found.values(), key=lambda each: each.parcel_id))
    more = len(parcels) == params.limit
    return Page(parcels, inquiry.cursor(str(parcels[-1].parcel_id)) if more else None)


async def failing(inquiry: Inquiry, _params: ParcelId) -> None:
    await inquiry.db.execute("SELECT no_such_column FROM parcel__v1")


SERVICE = Service(
    "parcels",
    queries=(
        Query("GET", "/parcels/{id}", STAFF, parcel, (PARCEL,), ParcelId, Parcel, "One parcel"),
        Query("GET", "/places/{place}", STAFF, parcels_at, (PARCEL,), PlaceAsked, Page, "Parcels at a place"),
        Query("POST", "/parcels/search", STAFF, parcels_at, (PARCEL,), PlaceAsked, Page, "Find parcels"),
        Query("GET", "/parcels/{id}/fault", STAFF, failing, (PARCEL,), ParcelId, Parcel, "What has a fault"),
    ),
)
