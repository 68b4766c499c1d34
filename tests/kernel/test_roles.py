"""The catalogue: which role may do what on which table, and whose rows it sees."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

import asyncpg
import pytest

from kernel.database import connect_pool, read_as
from kernel.ids import new_id
from kernel.settings import SERVICES, Settings
from services.projections.app import VIEWS
from tests.connecting import connected
from tests.kernel.log.store.appends import append, opened, write

READ = "SELECT"
WRITE = "DELETE INSERT SELECT UPDATE"

SERVICE: Mapping[str, Mapping[str, str]] = {
    "answer": {"log": "DELETE INSERT SELECT"},
    "checkpoint": {"log": "INSERT SELECT UPDATE(parked) UPDATE(topics)"},
    "claim": {"log": "DELETE INSERT SELECT"},
    "counter": {"log": "SELECT UPDATE(last) UPDATE(recorded_at)"},
    "deadline": {"log": WRITE},
    "dropped": {"log": "INSERT SELECT"},
    "dropped_command": {"log": "INSERT SELECT"},
    "event": {"app": READ, "log": "INSERT SELECT"},
    "gate_head": {"gate": READ, "log": "INSERT SELECT UPDATE(position)"},
    "generation": {"log": "INSERT SELECT UPDATE"},
    "halt": {"log": "DELETE INSERT SELECT"},
    "lease": {"log": WRITE},
    "mark": {
        "gate": READ,
        "log": "SELECT UPDATE(generation) UPDATE(position) UPDATE(shared) UPDATE(topic_offset)",
    },
    "migration": {"app": READ, "gate": READ, "log": READ},
    "outbox": {"log": "DELETE INSERT SELECT UPDATE(frames) UPDATE(parked)"},
    "parked": {"log": "DELETE INSERT SELECT UPDATE(frames) UPDATE(reason)"},
    "reaction_memory": {"log": "DELETE INSERT SELECT UPDATE(memory)"},
    "reaction_start": {"log": "INSERT SELECT UPDATE(starts)"},
    "stream": {"app": READ, "log": "INSERT SELECT UPDATE(version)"},
}
VAULT: Mapping[str, Mapping[str, str]] = {
    "migration": {"app": READ},
    "opening": {"app": "INSERT"},
    "person_key": {"app": "INSERT SELECT"},
}
PLACES = "SELECT(partition) SELECT(position) SELECT(service) SELECT(taker)"
PROJECTIONS: Mapping[str, Mapping[str, str]] = {
    "blocked_match": {"app": READ, "match": WRITE},
    "checkpoint": {
        "app": READ,
        "gate": READ,
        "log": "INSERT SELECT UPDATE(parked) UPDATE(topics)",
        "match": READ,
    },
    "dropped": {
        "app": f"SELECT(ended) {PLACES}",
        "gate": "SELECT(ended) SELECT(org_id) SELECT(partition) SELECT(taker)",
        "log": "INSERT SELECT",
    },
    "generation": {"app": READ, "log": "INSERT SELECT UPDATE"},
    "horizon": {"app": READ, "log": "INSERT SELECT UPDATE"},
    "lease": {"match": WRITE},
    "match": {"app": READ, "gate": READ, "match": WRITE},
    "match_key": {"match": WRITE},
    "match_scan": {"match": WRITE},
    "match_token": {"match": WRITE},
    "matching": {"match": "SELECT UPDATE"},
    "migration": {"app": READ, "log": READ, "match": READ},
    "parked": {
        "app": PLACES,
        "gate": "SELECT(org_id) SELECT(partition) SELECT(taker)",
        "log": "DELETE INSERT SELECT UPDATE(frames) UPDATE(reason)",
    },
    "view": {"app": READ, "gate": READ, "log": READ, "match": READ},
    "view_version": {"app": READ, "gate": READ, "log": READ, "match": READ},
}
A_VIEW = {"app": READ, "log": WRITE}

GRANTS = """
WITH held AS (
    SELECT oid, acl.grantee, acl.privilege_type AS may
    FROM pg_class, aclexplode(relacl) acl WHERE relkind = 'r'
    UNION ALL
    SELECT attrelid, acl.grantee, format('%s(%s)', acl.privilege_type, attname)
    FROM pg_attribute, aclexplode(attacl) acl
)
SELECT relname AS table, coalesce(rolname, 'PUBLIC') AS role, string_agg(may, ' ' ORDER BY may) AS may
FROM held JOIN pg_class t USING (oid) LEFT JOIN pg_roles r ON r.oid = grantee
WHERE relnamespace = $1::text::regnamespace AND grantee <> relowner GROUP BY 1, 2
"""


async def grants(connection: asyncpg.Connection, schema: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await connection.fetch(GRANTS, schema):
        found[row["table"]][row["role"].removeprefix(f"{schema}_")] = row["may"]
    return found


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_roles_may_do_exactly_this(database: Settings, service: str):
    async with connected(database, f"{service}_owner") as connection:
        found = await grants(connection, service)
    assert {table: roles for table, roles in found.items() if table in SERVICE} == SERVICE
    for table in found.keys() - SERVICE.keys():  # a service's own tables
        assert not found[table].get("app")


async def test_the_vaults_role_may_do_exactly_this(database: Settings):
    async with connected(database, "vault_owner") as connection:
        assert await grants(connection, "vault") == VAULT


async def test_the_roles_of_the_projections_may_do_exactly_this(database: Settings):
    async with connected(database, "projections_owner") as connection:
        found = await grants(connection, "projections")
    assert {table: roles for table, roles in found.items() if "__v" not in table} == PROJECTIONS
    more = {f"{view.name}__v{view.number}": view.readers for view in VIEWS}
    for table, roles in found.items():
        if "__v" in table:
            readers = {role.removeprefix("projections_"): READ for role in more.get(table, ())}
            assert roles == A_VIEW | readers, table


async def test_no_role_of_ours_is_privileged_beyond_its_schema(database: Settings):
    async with connected(database) as connection:
        rows = await connection.fetch(
            "SELECT * FROM pg_roles "
            "WHERE rolname ~ '_(owner|app|log|gate|match|partner)$' AND rolname !~ '^pg_'"
        )
        reach = await connection.fetch(
            "SELECT nspname, rolname FROM pg_namespace, pg_roles "
            "WHERE rolname ~ '_(owner|app|log|gate|match|partner)$' AND rolname !~ '^pg_' "
            "AND nspname !~ '^(pg_|information_schema)' AND has_schema_privilege(rolname, nspname, 'USAGE')"
        )
    assert [row["rolname"] for row in rows if not row["rolcanlogin"]] == ["projections_gate"]
    for row in rows:
        privileges = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication")
        assert not any(row[privilege] for privilege in privileges)
        assert row["rolbypassrls"] == (
            row["rolname"] == "projections_log"
        )  # COPY is refused under row security
    assert all(row["rolname"].rsplit("_", 1)[0] == row["nspname"] for row in reach)


async def test_only_who_migrates_can_become_the_gate_and_sees_nothing_before(database: Settings):
    members = """
        SELECT member::regrole::text AS name, inherit_option, admin_option FROM pg_auth_members
        WHERE roleid = 'projections_gate'::regrole"""
    async with connected(database) as connection:
        found = [tuple(row) for row in await connection.fetch(members)]
    assert found == [("projections_owner", False, False)]


@pytest.mark.parametrize("schema", [*SERVICES, "vault", "projections"])
async def test_every_table_with_an_organisation_forces_row_security(database: Settings, schema: str):
    async with connected(database, f"{schema}_owner") as connection:
        rows = await connection.fetch(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class c "
            "JOIN pg_attribute a ON attrelid = c.oid AND attname = 'org_id' "
            "WHERE relkind = 'r' AND relnamespace = $1::text::regnamespace",
            schema,
        )
    assert rows
    assert [row["relname"] for row in rows if not row["forced"]] == []


@pytest.fixture
async def two_organisations(database: Settings) -> tuple[UUID, UUID]:
    """Two organisations with two events each."""
    mine, other = new_id(), new_id()
    async with opened(database) as store:
        for org in (mine, other):
            await store.append(append(org, write(new_id(), 0, 2)))
    return mine, other


async def test_requests_see_their_own_organisation_only(
    database: Settings, two_organisations: tuple[UUID, UUID]
):
    mine, other = two_organisations
    pool = await connect_pool(database, "contacts_app")
    async with read_as(pool, mine) as connection:
        for table in ("event", "stream"):
            rows = await connection.fetch(f"SELECT DISTINCT org_id FROM {table}")
            assert [row["org_id"] for row in rows] == [mine]
            assert await connection.fetch(f"SELECT FROM {table} WHERE org_id = $1", other) == []
    async with read_as(pool, new_id()) as connection:
        assert await connection.fetchval("SELECT count(*) FROM event") == 0
    await pool.close()


async def test_without_an_organisation_nothing_is_seen(
    database: Settings, two_organisations: tuple[UUID, UUID]
):
    mine, _ = two_organisations
    pool = await connect_pool(database, "contacts_app", max_size=1)
    assert await pool.fetchval("SELECT count(*) FROM event") == 0
    async with read_as(pool, mine) as connection:
        assert await connection.fetchval("SELECT count(*) FROM event") == 2
    assert await pool.fetchval("SELECT count(*) FROM event") == 0  # the setting reads '' now, not null
    await pool.close()


async def test_the_owner_of_the_tables_sees_no_rows(database: Settings, two_organisations: tuple[UUID, UUID]):
    async with connected(database, "contacts_owner") as owner:
        assert await owner.fetchval("SELECT count(*) FROM event") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO stream VALUES (gen_random_uuid(), gen_random_uuid(), 'contact', gen_random_uuid(), 1)",
        "UPDATE event SET data = ''",
        "DELETE FROM event",
        "SELECT FROM claim",
        "SELECT FROM answer",
        "SELECT FROM sales.event",
        "TRUNCATE event",
    ],
)
async def test_requests_may_not(database: Settings, statement: str):
    async with connected(database, "contacts_app") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize("statement", ["UPDATE event SET data = ''", "DELETE FROM event", "TRUNCATE event"])
async def test_nobody_changes_an_event(database: Settings, statement: str):
    async with connected(database, "contacts_log") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_a_read_writes_nothing(database: Settings, two_organisations: tuple[UUID, UUID]):
    pool = await connect_pool(database, "contacts_log")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with read_as(pool, two_organisations[0]) as connection:
            await connection.execute("INSERT INTO halt (reason) VALUES ('')")
    await pool.close()
