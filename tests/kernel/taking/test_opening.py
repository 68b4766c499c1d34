"""A personal part that cannot be opened, or read once it is, is that arrival's failure and no other's."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from msgspec.structs import replace

from kernel.log.envelope import sealed_text, write
from kernel.log.facts import encode, type_of
from kernel.settings import Settings
from kernel.taking.arrivals import Arrival, Reading
from kernel.taking.opening import open_personal
from kernel.vault.events import seal_personal
from kernel.vault.keys import make_keys
from kernel.vault.vault import Vault
from tests.parcels.events import ParcelPosted
from tests.parcels.log import ORG, enveloped
from tests.parcels.views import VIEWS

CONTACTS = [uuid5(ORG, name) for name in ("Anna", "Bert", "Cleo")]


async def arrivals(vault: Vault) -> list[Arrival]:
    """A parcel of each contact, as an older program posted it."""
    keys = await vault.keys(ORG, CONTACTS, create=True)
    found = []
    for position, contact in enumerate(CONTACTS, 1):
        event = ParcelPosted(contact_id=contact, grams=1, personal=ParcelPosted.Personal(recipient="x"))
        envelope = enveloped(ORG, contact, event, 1, position, 1)
        plain = encode(event)[1] or b""
        sealed = seal_personal(keys[contact], ParcelPosted, plain, envelope.event_id, contact, 1)
        raw = write(replace(envelope, sealed=sealed_text(sealed)))
        found.append(Reading(VIEWS).read("parcels", 1, 0, position - 1, raw))
    return found


@pytest.mark.parametrize("error", [AttributeError, KeyError, RecursionError, ZeroDivisionError])
async def test_whatever_an_upcaster_raises_of_one_personal_part_the_others_are_opened(
    database: Settings, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    make_keys(Path(database.keys))
    vault = await Vault.open(database)
    found = await arrivals(vault)

    def upcaster(body: dict[str, Any]) -> dict[str, Any]:
        if "personal" in body and body["contact_id"] == str(CONTACTS[1]):
            raise error
        return body

    monkeypatch.setattr(ParcelPosted, "version", 2)
    monkeypatch.setattr(ParcelPosted, "upcasters", {1: upcaster})
    await open_personal(vault, frozenset({type_of(ParcelPosted)}), found)
    await vault.close()
    assert [each.opened and each.opened.event.personal.recipient for each in found] == ["x", None, "x"]
    assert [each.unopened and each.unopened.reason for each in found] == [None, error.__name__, None]
