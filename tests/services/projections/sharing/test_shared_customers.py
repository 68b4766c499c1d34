"""What a partner is answered over HTTP, and when it is not answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from kernel.ids import new_id
from kernel.settings import Settings
from kernel.vault.keys import make_keys
from kernel.web import sharing
from kernel.web.process import application
from services.contacts.commands import MergeContact
from services.partners.commands import EndAgreement, SuspendAgreement
from services.projections.shared.identity import IDENTITY
from services.projections.sharing import shared_customers
from tests.connecting import connected
from tests.services.projections.sharing.two import MAKER, PURPOSE, SHOP, STRANGER, Two, giving, line
from tests.serving import serving

AWAY = 503


@dataclass
class Reader:
    """Someone of an organisation who reads what is shared with it."""

    http: httpx.Client
    token: Callable[..., str]
    org: UUID = MAKER
    role: str = "partner"

    def ask(self, path: str = "", **asked: Any) -> httpx.Response:
        """As a reader who tries again while the machine is too slow for an answer."""
        until = time.monotonic() + 30
        while (answer := self.once(path, **asked)).status_code == AWAY and time.monotonic() < until:
            pass
        return answer

    def once(self, path: str = "", purpose: str = PURPOSE, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token(str(self.org), self.role)}"}
        asked = {"purpose": purpose, **more}
        return self.http.get(f"/shared/customers{path}", params=asked, headers=headers)


@pytest.fixture
def reader(two: Two, database: Settings, token: Callable[..., str]) -> Iterator[Reader]:
    make_keys(Path(database.keys))
    with serving(lambda: application(database, "views")) as address, httpx.Client(base_url=address) as http:
        yield Reader(http, token)


async def test_a_partner_reads_a_customer_and_why_it_is_told(two: Two, reader: Reader) -> None:
    agreement, mine, its = await two.opened(giving(fields=["profile.city", "purchases.brand"]))
    await two.bought(its, 1, line("Fruit Growers", 2))
    assert not await two.fold()
    answer = reader.ask(f"/{mine}", agreement=agreement)
    assert answer.status_code == 200, answer.text
    assert answer.headers["rapport-position"]
    told = answer.json()
    assert told["cells"][0] == {"field": "profile.city", "name": "home", "value": "Graz"}
    assert told["cells"][1]["net"] == {"amount": "10", "currency": "EUR"}
    assert (told["contact_id"], told["agreement_version"], told["purpose"]) == (str(mine), 1, PURPOSE)
    assert told["consented_at"]
    listed = reader.ask(agreement=agreement)
    assert listed.json() == {"customers": [told], "cursor": None}


async def test_whoever_is_not_seen_is_answered_for_as_nobody(two: Two, reader: Reader) -> None:
    agreement, seen, its = await two.opened()
    nobody, likely, refused = [await two.contact(MAKER) for _ in range(3)]
    await two.matched(agreement, likely, its, "likely")
    other = await two.contact(SHOP)
    await two.allows(other)
    await two.refuses(other)
    await two.matched(agreement, refused, other)
    answers = [reader.ask(f"/{one}", agreement=agreement) for one in (new_id(), its, nobody, likely, refused)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    foreign = Reader(reader.http, reader.token, STRANGER)
    for path in ("", f"/{seen}"):
        one, unknown = (foreign.ask(path, agreement=each) for each in (agreement, new_id()))
        assert (one.status_code, one.content) == (unknown.status_code, unknown.content) == (404, one.content)
    assert reader.ask(f"/{seen}", agreement=agreement).status_code == 200


async def test_a_list_under_what_is_not_in_force_is_no_empty_page(two: Two, reader: Reader) -> None:
    agreement, *_ = await two.opened()
    assert reader.ask(agreement=agreement, purpose="marketing").status_code == 404
    await two.say(MAKER, SuspendAgreement(), agreement)
    assert not await two.fold()
    assert reader.ask(agreement=agreement).status_code == 404


async def test_pages_end_where_the_next_begins_and_belong_to_their_question(two: Two, reader: Reader) -> None:
    agreement, *_ = await two.opened()
    for _ in range(4):
        mine, its = await two.contact(MAKER), await two.contact(SHOP)
        await two.allows(its)
        await two.matched(agreement, mine, its)
    other = await two.agreed(giving())
    assert not await two.fold()
    page = reader.ask(agreement=agreement, limit=2).json()
    found, cursor = [one["contact_id"] for one in page["customers"]], page["cursor"]
    for refused in (
        reader.ask(agreement=other, cursor=cursor),
        reader.ask(agreement=agreement, purpose="marketing", cursor=cursor),
        Reader(reader.http, reader.token, SHOP).ask(agreement=agreement, cursor=cursor),
    ):
        assert (refused.status_code, refused.json()["type"]) == (400, "urn:rapport:problem:bad-cursor")
    while page["cursor"]:
        page = reader.ask(agreement=agreement, limit=2, cursor=page["cursor"]).json()
        found += [one["contact_id"] for one in page["customers"]]
    assert len(found) == 5
    assert found == sorted(set(found))


async def test_an_old_cursor_is_refused(two: Two, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement, *_ = await two.opened()
    mine, its = await two.contact(MAKER), await two.contact(SHOP)
    await two.allows(its)
    await two.matched(agreement, mine, its)
    assert not await two.fold()
    cursor = reader.ask(agreement=agreement, limit=1).json()["cursor"]
    assert reader.ask(agreement=agreement, limit=1, cursor=cursor).status_code == 200
    monkeypatch.setattr(shared_customers, "CURSOR_SECONDS", 0)
    refused = reader.ask(agreement=agreement, limit=1, cursor=cursor)
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:rapport:problem:bad-cursor")


async def test_until_a_withdrawal_is_known_nothing_is_answered(two: Two, reader: Reader) -> None:
    agreement, mine, its = await two.opened()
    assert reader.ask(f"/{mine}", agreement=agreement).status_code == 200
    await two.refuses(its)
    for path in ("", f"/{mine}"):
        began = time.monotonic()
        answer = reader.once(path, agreement=agreement)
        assert (answer.status_code, answer.json()["type"]) == (AWAY, "urn:rapport:problem:view-behind")
        assert answer.headers["retry-after"]
        assert time.monotonic() - began < 2
    assert not await two.fold()
    assert reader.ask(f"/{mine}", agreement=agreement).status_code == 404


async def merge(two: Two, _: UUID, its: UUID) -> None:
    await two.say(SHOP, MergeContact(other_id=await two.contact(SHOP), merge_id=new_id()), its)


async def end(two: Two, agreement: UUID, _: UUID) -> None:
    await two.say(MAKER, EndAgreement(), agreement)


@pytest.mark.parametrize("close", [merge, end])
async def test_until_what_may_close_it_is_known_nothing_is_answered(
    two: Two, reader: Reader, close: Callable[[Two, UUID, UUID], Any]
) -> None:
    agreement, mine, its = await two.opened()
    await close(two, agreement, its)
    assert reader.once(f"/{mine}", agreement=agreement).status_code == AWAY


async def test_what_closes_nothing_is_not_waited_for(two: Two, reader: Reader) -> None:
    agreement, mine, its = await two.opened()
    await two.bought(its, 1, line("Fruit Growers"))
    await two.contact(SHOP)
    assert reader.ask(f"/{mine}", agreement=agreement).status_code == 200


async def test_while_an_event_of_the_owner_is_parked_nothing_is_answered(
    two: Two, reader: Reader, database: Settings
) -> None:
    agreement, mine, _ = await two.opened()
    parked = """
        INSERT INTO parked (taker, partition, service, org_id, topic_offset, value, reason, frames)
        VALUES ($1, 1, 'contacts', $2, 1, '', '', '')"""
    async with connected(database, "projections_log") as db:
        await db.execute(parked, IDENTITY.table_name, STRANGER)
        assert reader.ask(f"/{mine}", agreement=agreement).status_code == 200
        await db.execute(parked, IDENTITY.table_name, SHOP)
    assert reader.once(f"/{mine}", agreement=agreement).status_code == AWAY


async def test_a_view_that_is_read_in_another_version_is_not_answered_from(
    two: Two, reader: Reader, database: Settings
) -> None:
    agreement, mine, _ = await two.opened()
    assert reader.ask(f"/{mine}", agreement=agreement).status_code == 200
    async with connected(database, "projections_owner") as db:
        await db.execute("UPDATE view_version SET number = 9 WHERE view = 'disclosure_consents'")
    assert reader.once(f"/{mine}", agreement=agreement).status_code == AWAY
    with pytest.raises(asyncpg.InvalidSchemaNameError):
        await two.cells(agreement, [mine])


async def test_an_answer_that_took_too_long_is_thrown_away(
    two: Two, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement, mine, _ = await two.opened()
    shown = sharing.shown

    def slowly(*asked: Any) -> Any:
        time.sleep(0.8)  # as if the process had stood still
        return shown(*asked)

    monkeypatch.setattr(sharing, "shown", slowly)
    answer = reader.once(f"/{mine}", agreement=agreement)
    assert (answer.status_code, answer.headers["retry-after"]) == (AWAY, "1")


async def test_while_a_table_of_the_gate_is_locked_the_reader_does_not_wait(
    two: Two, reader: Reader, database: Settings
) -> None:
    agreement, mine, _ = await two.opened()
    async with connected(database, "projections_owner") as db, db.transaction():
        await db.execute("LOCK TABLE match IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        assert reader.once(f"/{mine}", agreement=agreement).status_code == AWAY
        assert time.monotonic() - began < 2


async def test_others_than_readers_are_refused_and_nobody_reads_the_past(two: Two, reader: Reader) -> None:
    agreement, mine, _ = await two.opened()
    for role in ("agent", "marketer", "operator"):
        other = Reader(reader.http, reader.token, role=role)
        assert other.ask(f"/{mine}", agreement=agreement).status_code == 403
    refused = reader.ask(f"/{mine}", agreement=agreement, as_of="2026-01-01T00:00:00Z")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rapport:problem:as-of-not-answered")
