"""A query over HTTP: one organisation's snapshot, nothing older than asked, and how far it is."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from kernel.database import connect_pool
from kernel.vault.keys import make_keys, token_key
from kernel.vault.vault import Vault
from kernel.view.tables import table_sql
from kernel.web.assembly import assembled
from kernel.web.inquiry import Later
from kernel.web.jwks import KeyRing
from kernel.web.operational import Readiness
from kernel.web.positions import open_positions, seal_positions
from kernel.web.querying import Querying
from kernel.web.tokens import Verifier
from tests.conftest import fresh_database
from tests.kernel.web.conftest import Client
from tests.parcels.queries import SERVICE
from tests.parcels.views import PARCEL
from tests.serving import serving

PARCELS = ("parcels", 1)
NOBODYS = "0192d4f0-ffff-7000-8000-000000000000"


@pytest.fixture(scope="module")
def projections(postgres, template):
    make_keys(Path(template.keys))
    with fresh_database(postgres, template) as settings:
        asyncio.run(create_view(settings))
        yield settings


async def create_view(settings):
    owner = await asyncpg.connect(
        settings.dsn["projections_owner"], server_settings={"search_path": "projections"}
    )
    await owner.execute(table_sql(PARCEL))
    await owner.close()


@asynccontextmanager
async def parcels_application(settings, service=lambda pool: SERVICE, **pool_size):
    async def ready():
        return Readiness()

    pool = await connect_pool(settings, "projections_app", **pool_size)
    vault = await Vault.open(settings)
    verifier = Verifier(KeyRing(settings.jwks), settings.issuer, settings.audience)
    querying = Querying(pool, vault, verifier, token_key(settings.keys))
    yield assembled(service(pool), ready, querying=querying)
    await pool.close()
    await vault.close()


@pytest.fixture(scope="module")
def place(projections) -> Iterator[str]:
    with serving(lambda: parcels_application(projections)) as address:
        yield address


@pytest.fixture
async def client(place, token) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=place, timeout=30) as http:
        yield Client(http, token, uuid4())


@pytest.fixture
async def worker(projections):
    connection = await asyncpg.connect(
        projections.dsn["projections_log"], server_settings={"search_path": "projections"}
    )
    yield connection
    await connection.close()


async def put(worker, client, place="here", parcel_id=None):
    parcel_id = parcel_id or uuid4()
    await worker.execute(
        "INSERT INTO parcel__v1 (org_id, parcel_id, partition, version, grams, place, places) "
        "VALUES ($1, $2, 0, 1, 7, $3, '[]')",
        client.org,
        parcel_id,
        place,
    )
    return str(parcel_id)


async def advance(worker, position):
    head = f'{{"parcels": {{"generation": 1, "position": {position}, "offset": {position}}}}}'
    await worker.execute(
        "UPDATE checkpoint SET topics = $1 WHERE taker = 'parcel__v1' AND partition = 3", head
    )


async def get(client, path, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.http.get(path, headers={"authorization": client.authorization} | names)


def at(projections, client, position):
    return seal_positions(token_key(projections.keys), client.org, {PARCELS: {3: position}})


async def test_a_query_answers_with_what_there_is_and_how_far_it_is(client, worker, projections):
    await advance(worker, 5)
    parcel = await put(worker, client)
    answer = await get(client, f"/parcels/{parcel}")
    assert answer.status_code == 200
    assert answer.json() == {"parcel_id": parcel, "version": 1, "grams": 7, "place": "here", "places": []}
    positions = open_positions(token_key(projections.keys), client.org, answer.headers["rapport-position"])
    assert positions[PARCELS][3] == 5


async def test_unknown_and_foreign_ids_answer_alike(client, worker):
    parcel = await put(worker, client.as_("agent", uuid4()))
    foreign, unknown = await get(client, f"/parcels/{parcel}"), await get(client, f"/parcels/{uuid4()}")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.status_code == 404
    assert "rapport-position" in foreign.headers


async def test_a_query_waits_for_its_position(client, worker, projections):
    await advance(worker, 5)
    parcel = await put(worker, client)
    asking = asyncio.create_task(
        get(client, f"/parcels/{parcel}", rapport_position=at(projections, client, 6))
    )
    done, _ = await asyncio.wait({asking}, timeout=0.3)
    assert not done
    await advance(worker, 6)
    assert (await asking).status_code == 200


async def test_a_view_that_is_behind_says_so(client, worker, projections):
    await advance(worker, 5)
    answer = await get(client, "/places/here", rapport_position=at(projections, client, 500))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:rapport:problem:view-behind")
    assert answer.headers["retry-after"]


async def test_positions_of_what_the_view_does_not_read_are_ignored(client, projections):
    position = seal_positions(token_key(projections.keys), client.org, {("elsewhere", 1): {3: 10**9}})
    assert (await get(client, "/places/here", rapport_position=position)).status_code == 200


async def test_of_several_headers_each_counts(client, worker, projections):
    await advance(worker, 5)
    headers = [
        ("authorization", client.authorization),
        ("rapport-position", at(projections, client, 1)),
        ("rapport-position", at(projections, client, 500)),
    ]
    assert (await client.http.get("/places/here", headers=headers)).status_code == 503


@pytest.mark.parametrize("text", ["x", ",", "AAAA", "ä"])
async def test_a_position_of_ones_own_making_is_refused(client, text):
    answer = await client.http.get(
        "/places/here",
        headers=[(b"authorization", client.authorization.encode()), (b"rapport-position", text.encode())],
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rapport:problem:bad-position")


async def test_another_organisations_position_is_refused(client, projections):
    foreign = at(projections, client.as_("agent", uuid4()), 1)
    assert (await get(client, "/places/here", rapport_position=foreign)).status_code == 400


async def test_pages_follow_each_other_by_their_cursors(client, worker):
    parcels = sorted([await put(worker, client) for _ in range(5)])
    seen, cursor = [], None
    while True:
        page = (await client.post("/parcels/search", {"place": "here", "limit": 2, "cursor": cursor})).json()
        seen += [each["parcel_id"] for each in page["parcels"]]
        if (cursor := page["cursor"]) is None:
            break
    assert seen == parcels


async def test_a_cursor_of_another_organisation_is_refused(client, worker):
    other = client.as_("agent", uuid4())
    await put(worker, other)
    cursor = (await other.post("/parcels/search", {"place": "here", "limit": 1})).json()["cursor"]
    answer = await client.post("/parcels/search", {"place": "here", "cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rapport:problem:bad-cursor")


@pytest.mark.parametrize(
    ("path", "status", "pointer"),
    [
        ("/parcels/7", 422, "/id"),
        ("/parcels/%00", 422, None),
        ("/places/here?limit=0", 422, "/limit"),
        ("/places/here?limit=201", 422, "/limit"),
        ("/places/here?limit=x", 422, "/limit"),
        ("/places/here?limit=", 422, "/limit"),
        ("/places/here?limit=99999999999999999999999", 422, "/limit"),
        ("/places/here?unknown=1", 422, "/unknown"),
        (f"/parcels/{NOBODYS}?id={NOBODYS}", 422, "/id"),
        ("/places/here?limit=1&limit=2", 400, None),
        ("/places/here?limit=%ff", 400, None),
        ("/places/here?cursor=%00", 422, None),
        ("/places/here?" + "&".join(f"a{n}=1" for n in range(200)), 400, None),
    ],
)
async def test_a_bad_parameter_is_refused(client, path, status, pointer):
    answer = await get(client, path)
    assert (answer.status_code, answer.json().get("pointer")) == (status, pointer)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"[]", 400, ""),
        (b"{}", 422, "/place"),
        (b'{"place": 5}', 422, "/place"),
        (b'{"place": "\\u0000"}', 422, "/place"),
        (b'{"place": "x", "limit": "5"}', 422, "/limit"),
        (b'{"place": "' + b"x" * 64 * 1024 + b'"}', 413, None),
    ],
)
async def test_a_bad_question_is_refused(client, body, status, pointer):
    answer = await client.post("/parcels/search", body)
    assert (answer.status_code, answer.json().get("pointer")) == (status, pointer)


async def test_roles_and_tokens_are_asked_for(client):
    assert (await client.http.get("/places/here")).status_code == 401
    assert (await get(client.as_("operator"), "/places/here")).status_code == 403


async def test_a_question_that_is_posted_takes_no_query_string(client):
    answer = await client.post("/parcels/search?limit=5", {"place": "x"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rapport:problem:malformed-request")


async def test_the_log_says_where_a_fault_of_ours_was(client, caplog):
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    await get(client, f"/parcels/{uuid4()}/fault", traceparent=trace)
    [line] = [record for record in caplog.records if record.message == "unexpected error in a request"]
    assert (line.route, line.trace) == ("GET /parcels/{id}/fault", trace)


async def test_a_fault_of_ours_tells_nothing_about_itself(client):
    answer = await get(client, f"/parcels/{uuid4()}/fault")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:rapport:problem:internal")
    assert "no_such_column" not in answer.text


def one_that_takes_a_while(pool):
    """Its answer is made with the only connection that there is."""

    async def handler(inquiry, params):
        return Later(lambda: asyncio.wait_for(pool.fetchval("SELECT 'made'"), 5))

    query = next(query for query in SERVICE.queries if query.path == "/parcels/{id}")
    return dataclasses.replace(SERVICE, queries=(dataclasses.replace(query, handler=handler),))


async def test_what_takes_a_while_to_make_is_made_when_the_snapshot_was_given_back(projections, token):
    with serving(lambda: parcels_application(projections, one_that_takes_a_while, max_size=1)) as address:
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            answer = await get(Client(http, token, uuid4()), f"/parcels/{uuid4()}")
    assert (answer.status_code, answer.json()) == (200, "made")
