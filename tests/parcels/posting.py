"""Many parcels on their way."""

from datetime import UTC, datetime
from uuid import uuid5

from tests.parcels.events import ParcelLost, ParcelPosted, ParcelSeen, ParcelWeighed
from tests.parcels.log import ORG, Log

AT = datetime(2026, 2, 1, tzinfo=UTC)
CONTACTS = 7


def some_parcels(count: int, log: Log | None = None, first: int = 0) -> Log:
    """Streams of four events each, over all partitions, of a few contacts."""
    log = log or Log()
    parcels = [
        (n, uuid5(ORG, f"contact {n % CONTACTS}"), uuid5(log.org_id, f"parcel {n}"))
        for n in range(first, count)
    ]
    for grams, contact, parcel in parcels:
        log.append(parcel, ParcelPosted(contact_id=contact, grams=grams))
    for grams, contact, parcel in parcels:
        log.append(
            parcel,
            ParcelSeen(place=f"depot {grams % 5}", at=AT),
            ParcelLost(place="behind the sofa"),
            ParcelWeighed(contact_id=contact, grams=grams + 1, before=grams),
        )
    return log
