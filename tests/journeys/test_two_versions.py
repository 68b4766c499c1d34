"""A log in which an older program wrote: every reader takes both versions of an event for the same fact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kernel.ids import new_id
from kernel.log.store import Store
from kernel.log.store.append import Append, Appended, NewEvent, Write
from kernel.vault.events import seal_personal
from kernel.vault.vault import Vault
from ops.checkout import CHECKOUT
from ops.local.home import variables
from services.contacts.events import IdentifierVerified
from tests.journeys.town import Town

MAIL, CARD = {"kind": "email", "value": "anna@example.org"}, {"kind": "loyalty-card", "value": "29004242"}


async def verified_by_an_older_program(town: Town, contact: UUID, version: int) -> None:
    """What it wrote when there was no other version than the first: not how the contact verified it."""
    data, personal = {"contact_id": str(contact), "kind": MAIL["kind"]}, {"value": MAIL["value"]}
    event_id, vault = new_id(), await Vault.open(town.settings)
    key = (await vault.keys(town.org_id, [contact]))[contact]
    text = json.dumps(personal).encode()
    sealed = seal_personal(key, IdentifierVerified, text, event_id, contact, version + 1)
    first = NewEvent(event_id, "IdentifierVerified", 1, json.dumps(data).encode(), sealed, datetime.now(UTC))
    writes = (Write(contact, "contact", contact, version, (first,)),)
    store = await Store.open(town.settings, "contacts")
    done = await store.append(
        Append(org_id=town.org_id, caller="older", digest=b"", writes=writes, correlation_id=new_id())
    )
    assert isinstance(done, Appended)
    await store.close()
    await vault.close()


def rapport(town: Town, *arguments: str) -> dict[str, Any]:
    """What a command of the operator's answers when all is well."""
    done = subprocess.run(
        [sys.executable, "-m", "ops", *arguments, "--json"],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(town.settings)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def methods(town: Town, contact: str) -> list[str]:
    """How the contact's identifiers were verified, the latest first."""
    events = (await town.question(f"/customers/{contact}/timeline"))["events"]
    return [event["data"]["method"] for event in events if event["type"] == "IdentifierVerified"]


async def questioned(town: Town, contact: str) -> tuple[list[bool], list[bool]]:
    """Which identifiers are verified: on the page, and by and by in their history, the latest first."""
    [shown] = (await town.question(f"/customers/{contact}"))["contacts"]
    told = (await town.question(f"/customers/{contact}/history/identifiers"))["values"]
    return (
        [known["verified"] for known in shown["identifiers"]],
        [each["value"]["verified"] for each in told],
    )


@pytest.mark.timeout(240)
async def test_a_stream_of_two_versions_is_decided_on_shown_rebuilt_and_verified(town: Town) -> None:
    body = {"kind": "person", "name": {"given": "Anna"}, "identifiers": [MAIL, CARD]}
    anna = await town.command("contacts", "/contacts", body)
    await verified_by_an_older_program(town, UUID(anna), version=3)

    verify = f"/contacts/{anna}/verify-identifier"
    await town.command("contacts", verify, {"identifier": MAIL, "method": "code"})
    assert await methods(town, anna) == ["unrecorded"]
    await town.command("contacts", verify, {"identifier": CARD, "method": "document"})
    assert await methods(town, anna) == ["document", "unrecorded"]
    shown = await questioned(town, anna)

    for view in ("person", "field_history", "journal"):
        assert rapport(town, "rebuild", view, "--compare", "--switch")["same"], view
    assert await methods(town, anna) == ["document", "unrecorded"]
    assert await questioned(town, anna) == shown == ([True, True], [True, True, False, False])
    assert rapport(town, "verify")["ok"]
