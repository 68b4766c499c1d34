"""Facts of a service that exists only for tests of the kernel: parcels of contacts."""

from datetime import datetime
from uuid import UUID

from kernel.log.facts import Event
from lib.records import Record


class ParcelPosted(Event):
    """A contact handed a parcel in."""

    contact_id: UUID
    grams: int
    label: str = ""
    personal: "ParcelPosted.Personal | None" = None

    class Personal(Record):
        recipient: str


class ParcelWeighed(Event):
    """The parcel was weighed again."""

    contact_id: UUID
    grams: int
    before: int


class ParcelSeen(Event):
    """The parcel passed a place."""

    place: str
    at: datetime


class ParcelLost(Event):
    """Nobody reads this."""

    place: str
