"""The vault: one durable key for each person, for a minute in memory, and none after it was destroyed."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.vault import vault as vault_module
from kernel.vault.keys import KeysMissing
from kernel.vault.sealing import open_sealed, seal
from kernel.vault.vault import SECONDS_CACHED, Vault

ORG = uuid4()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def owner(database: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.dsn["vault_owner"], server_settings={"search_path": "vault"})
    await connection.execute("ALTER TABLE person_key NO FORCE ROW LEVEL SECURITY")
    yield connection
    await connection.close()


@pytest.fixture
async def vault(database: Settings) -> AsyncIterator[Vault]:
    vault = await Vault.open(database)
    yield vault
    await vault.close()


async def destroy(owner: asyncpg.Connection, person: UUID) -> None:
    await owner.execute("UPDATE person_key SET wrapped = NULL WHERE person_id = $1", person)


async def test_what_one_process_sealed_another_opens(database: Settings, vault: Vault):
    person = uuid4()
    blob = seal((await vault.keys(ORG, [person], create=True))[person], b"Anna", b"here")
    other = await Vault.open(database)
    assert open_sealed((await other.keys(ORG, [person]))[person], blob, b"here") == b"Anna"
    await other.close()


async def test_who_never_had_a_key_has_none_until_one_is_made(vault: Vault):
    person = uuid4()
    assert await vault.keys(ORG, [person]) == {}
    made = await vault.keys(ORG, [person], create=True)
    assert await vault.keys(ORG, [person]) == made


async def test_many_who_ask_at_once_in_two_processes_get_the_same_keys(database: Settings):
    vaults = [await Vault.open(database) for _ in range(2)]
    persons = [uuid4() for _ in range(50)]
    asked = [vaults[n % 2].keys(ORG, persons[n % 7 :], create=True) for n in range(40)]
    answers = await asyncio.gather(*asked)
    for person in persons[7:]:
        assert len({answer[person].key_id for answer in answers}) == 1
    for each in vaults:
        await each.close()


async def test_the_same_person_has_another_key_in_another_organisation(vault: Vault):
    person = uuid4()
    mine = (await vault.keys(ORG, [person], create=True))[person]
    theirs = (await vault.keys(uuid4(), [person], create=True))[person]
    assert mine.key_id != theirs.key_id


async def test_a_destroyed_key_is_used_for_a_minute_at_most(database: Settings, owner: asyncpg.Connection):
    clock, person = Clock(), uuid4()
    vault = await Vault.open(database)
    vault._clock = clock
    await vault.keys(ORG, [person], create=True)
    clock.now = SECONDS_CACHED / 2
    await vault.keys(ORG, [person])  # being asked for does not make it live longer
    await destroy(owner, person)
    assert SECONDS_CACHED <= 60
    clock.now = SECONDS_CACHED
    assert await vault.keys(ORG, [person]) == {}
    await vault.close()


async def test_an_erased_person_gets_no_new_key(database: Settings, owner: asyncpg.Connection):
    person = uuid4()
    before = await Vault.open(database)
    await before.keys(ORG, [person], create=True)
    await destroy(owner, person)
    after = await Vault.open(database)
    assert await after.keys(ORG, [person], create=True) == {}
    for each in (before, after):
        await each.close()


async def test_memory_is_bounded(vault: Vault, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vault_module, "KEYS_CACHED", 10)
    await vault.keys(ORG, [uuid4() for _ in range(25)], create=True)
    assert len(vault._cache) == 10


async def test_a_caller_that_gives_up_takes_nobody_else_along(vault: Vault):
    person = uuid4()
    first = asyncio.create_task(vault.keys(ORG, [person], create=True))
    second = asyncio.create_task(vault.keys(ORG, [person], create=True))
    await asyncio.sleep(0)
    first.cancel()
    assert set(await second) == {person}


async def test_a_wrong_folder_of_keys_is_noticed(database: Settings, vault: Vault, tmp_path: Path):
    person = uuid4()
    await vault.keys(ORG, [person], create=True)
    (tmp_path / "wrapping.1.key").write_bytes(os.urandom(32))
    (tmp_path / "digest.key").write_bytes(os.urandom(32))
    other = await Vault.open(database.model_copy(update={"keys": tmp_path}))
    with pytest.raises(KeysMissing):
        await other.keys(ORG, [person])
    await other.close()


async def test_a_key_is_stored_wrapped_only(vault: Vault, owner: asyncpg.Connection):
    person = uuid4()
    key = (await vault.keys(ORG, [person], create=True))[person]
    blob = seal(key, b"Anna", b"")
    wrapped = await owner.fetchval("SELECT wrapped FROM person_key WHERE person_id = $1", person)
    assert len(wrapped) == 12 + 32 + 16
    assert open_sealed(key, blob, b"") == b"Anna"


@pytest.mark.parametrize("role", ["contacts_app", "contacts_log", "projections_app", "projections_log"])
async def test_no_other_role_reads_the_vault(database: Settings, role: str):
    pool = await connect_pool(database, role, schema="vault")
    with pytest.raises(asyncpg.PostgresError):
        await pool.fetch("SELECT * FROM person_key")
    await pool.close()


async def test_the_vaults_role_destroys_and_changes_nothing(database: Settings):
    pool = await connect_pool(database, "vault_app")
    for statement in ("DELETE FROM person_key", "UPDATE person_key SET wrapped = NULL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
    await pool.close()
