"""Personal parts: sealed in the log, open while deciding, gone with the person's key."""

import asyncpg
import pytest

from kernel.handling import streams
from kernel.vault.sealing import CannotOpen
from tests.boats.aggregate import LaunchBoat, NameOwner, RowBoat
from tests.boats.harbour import Harbour, open_handler


async def test_no_personal_value_lies_open_in_the_log(harbour: Harbour):
    await harbour.ask(LaunchBoat(owner="Ada Lovelace"), key="launch")
    rows = await harbour.log.fetch("SELECT data, personal FROM event")
    assert [b"Ada" in row["data"] + row["personal"] for row in rows] == [False]


async def test_what_was_sealed_is_open_while_deciding(harbour: Harbour):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    fresh = await open_handler(harbour.settings)
    assert (await fresh.handle(harbour.call(NameOwner(owner="Ada"), boat))).kind == "unchanged"
    await fresh.close()


async def test_of_an_erased_person_nothing_personal_is_read_or_written(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    owner = await asyncpg.connect(
        harbour.settings.dsn["vault_owner"], server_settings={"search_path": "vault"}
    )
    await owner.execute(
        "ALTER TABLE person_key NO FORCE ROW LEVEL SECURITY; UPDATE person_key SET wrapped = NULL"
    )
    await owner.close()
    fresh = await open_handler(harbour.settings)
    found, _ = await fresh._streams.load(harbour.org_id, [boat])
    assert found[boat].state.owner is None
    assert (await fresh.handle(harbour.call(RowBoat(strokes=1), boat))).kind == "changed"
    with pytest.raises(Exception, match="person-erased"):
        await fresh.handle(harbour.call(NameOwner(owner="Ada"), boat))
    await fresh.close()


async def test_a_state_with_personal_values_is_remembered_no_longer_than_a_key(
    harbour: Harbour, monkeypatch: pytest.MonkeyPatch
):
    boat = (await harbour.ask(LaunchBoat(owner="Ada"))).id
    later = streams.time.monotonic() + streams.SECONDS_CACHED
    assert harbour.one._streams.remembered(harbour.org_id, boat) is not None
    monkeypatch.setattr(streams.time, "monotonic", lambda: later)
    await harbour.ask(RowBoat(strokes=1), boat)
    opened = harbour.one._streams.remembered(harbour.org_id, boat)
    assert opened is None or opened.opened_at >= later


async def test_a_personal_part_moved_to_another_event_does_not_open(harbour: Harbour, database):
    boats = [(await harbour.ask(LaunchBoat(owner=name))).id for name in ("Ada", "Bo")]
    owner = await asyncpg.connect(database.dsn["contacts_owner"], server_settings={"search_path": "contacts"})
    await owner.execute("ALTER TABLE event NO FORCE ROW LEVEL SECURITY")
    await owner.execute(
        "UPDATE event SET personal = (SELECT personal FROM event WHERE stream_id = $2) WHERE stream_id = $1",
        *boats,
    )
    await owner.close()
    fresh = await open_handler(harbour.settings)
    with pytest.raises(CannotOpen):
        await fresh.handle(harbour.call(NameOwner(owner="Ada"), boats[0]))
    await fresh.close()
