"""Many commands in one request: each answered by itself, in the order asked, a stream's own in order."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest


def build(room: int = 5, **more: object) -> dict[str, object]:
    return {"command": "BuildLocker", "body": {"room": room}, **more}


def put(locker: str, name: str = "hat", **more: object) -> dict[str, object]:
    return {"command": "PutThingIn", "id": locker, "body": {"name": name, "grams": 1}, **more}


async def commands(client, *items):
    answer = await client.post("/commands", list(items))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_answers_come_in_the_order_asked(client):
    own = [str(uuid4()) for _ in range(40)]
    outcomes = await commands(client, *(build(id=each) for each in own))
    assert [outcome["id"] for outcome in outcomes] == own
    assert {outcome["status"] for outcome in outcomes} == {201}


async def test_what_is_nested_too_deeply_is_pointed_to(client):
    body = []
    for _ in range(300):
        body = [body]
    [outcome] = await commands(client, {"command": "BuildLocker", "body": {"room": body}})
    assert (outcome["status"], outcome["pointer"]) == (400, "/body")


async def test_commands_to_one_stream_run_in_order(client, log):
    own = str(uuid4())
    outcomes = await commands(client, build(20, id=own), *(put(own, f"thing {n}") for n in range(20)))
    assert [outcome["version"] for outcome in outcomes] == list(range(1, 22))
    names = await log.fetch(
        "SELECT data FROM event WHERE org_id = $1 AND version > 1 ORDER BY version", client.org
    )
    assert [f'"thing {n}"' in row["data"].decode() for n, row in enumerate(names)] == [True] * 20


async def test_the_id_in_the_body_names_the_stream_too(client):
    own = str(uuid4())
    first = {"command": "BuildLocker", "body": {"room": 5, "id": own}}
    assert [each["status"] for each in await commands(client, first, put(own))] == [201, 200]


async def test_each_is_answered_by_itself(client):
    locker = await client.build(room=1)
    outcomes = await commands(
        client,
        put(locker),
        put(locker),
        put(str(uuid4())),
        {"command": "Nothing"},
        {"command": "SweepLocker", "id": locker},
        {"command": "PutThingIn", "id": locker, "body": {"name": 7, "grams": 1}},
        {"command": "PutThingIn", "body": {}},
        {"command": "EmptyLocker", "id": "7"},
        {"command": "EmptyLocker", "id": locker, "extra": 1},
        {"command": "EmptyLocker", "id": locker, "key": ""},
        {"command": "EmptyLocker", "id": locker, "body": []},
        {"command": "EmptyLocker", "id": locker, "body": {"a\0": 1}},
        "no object",
        {},
        {"command": "EmptyLocker", "id": locker},
    )
    assert [(each["status"], each.get("pointer")) for each in outcomes] == [
        (200, None),
        (422, None),
        (404, None),
        (422, "/command"),
        (422, "/command"),
        (422, "/body/name"),
        (422, "/id"),
        (422, "/id"),
        (422, "/extra"),
        (400, "/key"),
        (400, "/body"),
        (422, "/body"),
        (400, None),
        (422, "/command"),
        (200, None),
    ]


async def test_an_outcome_is_what_the_command_alone_is_answered(client):
    item = build(key="k")
    [outcome] = await commands(client, item)
    alone = await client.post("/lockers", {"room": 5}, idempotency_key="k")
    assert outcome == {"status": alone.status_code, **alone.json()}


async def test_a_repeated_batch_gets_the_equal_answer(client):
    items = [build(id=str(uuid4()), key=f"key {n}") for n in range(10)]
    assert await commands(client, *items) == await commands(client, *items)


async def test_integrators_say_when_it_happened(client, log):
    at = "2017-03-01T10:00:00Z"
    await commands(client.as_("integrator"), build(occurred_at=at, origin="imported"))
    row = await log.fetchrow("SELECT occurred_at, origin FROM event WHERE org_id = $1", client.org)
    assert (row["occurred_at"].isoformat(), row["origin"]) == ("2017-03-01T10:00:00+00:00", "imported")


async def test_nothing_has_happened_in_the_future(client, log):
    now = datetime.now(UTC)
    tomorrow, soon = ((now + timedelta(minutes=n)).isoformat() for n in (24 * 60, 1))
    far, near = await commands(
        client.as_("integrator"), build(occurred_at=tomorrow), build(occurred_at=soon, origin="imported")
    )
    assert (far["status"], far["type"], far["pointer"]) == (
        422,
        "urn:rapport:problem:in-the-future",
        "/occurred_at",
    )
    assert near["status"] == 201  # clocks differ
    row = await log.fetchrow("SELECT occurred_at, recorded_at FROM event WHERE org_id = $1", client.org)
    assert now <= row["occurred_at"] <= row["recorded_at"]


@pytest.mark.parametrize("more", [{"occurred_at": "2017-03-01T10:00:00Z"}, {"origin": "imported"}])
async def test_others_do_not(client, more):
    [outcome] = await commands(client, build(**more))
    assert outcome["status"] == 403


@pytest.mark.parametrize(
    "more",
    [
        {"occurred_at": "2017-03-01T10:00:00"},
        {"origin": "dreamt"},
        {"occurred_at": 5},
        {"occurred_at": "1700000000"},
        {"occurred_at": "9999-12-31T23:59:59-12:00"},
        {"occurred_at": "0001-01-01T00:00:00+12:00"},
    ],
)
async def test_a_wrong_time_or_origin_is_pointed_to(client, more):
    [outcome] = await commands(client.as_("integrator"), build(**more))
    assert (outcome["status"], outcome["pointer"]) == (422, f"/{next(iter(more))}")


async def test_a_role_is_asked_for_each_command(client):
    locker = await client.build()
    outcomes = await commands(client.as_("operator"), put(locker), {"command": "EmptyLocker", "id": locker})
    assert [each["status"] for each in outcomes] == [200, 403]


async def test_other_organisations_streams_are_unknown(client):
    locker = await client.build()
    [foreign] = await commands(client.as_("agent", uuid4()), put(locker))
    [unknown] = await commands(client, put(str(uuid4())))
    assert foreign == unknown


async def test_a_thousand_pass(client):
    outcomes = await commands(client, *(build() for _ in range(1_000)))
    assert {each["status"] for each in outcomes} == {201}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 400),
        (b"null", 400),
        (b"", 400),
        (b"[" + b",".join([b"{}"] * 1_001) + b"]", 400),
        (b'["' + b"x" * 8 * 1024 * 1024 + b'"]', 413),
        (b"[" * 3_000, 400),
    ],
)
async def test_a_batch_that_is_none_is_refused_whole(client, body, status):
    assert (await client.post("/commands", body)).status_code == status


async def test_one_command_of_a_batch_is_not_larger_than_one_alone(client):
    large = {"command": "BuildLocker", "body": {"room": 1, "name": "x" * 256 * 1024}}
    [outcome] = await commands(client, large)
    assert (outcome["status"], outcome["pointer"]) == (413, "/body")


async def test_nothing_asked_is_nothing_answered(client):
    assert await commands(client) == []


async def test_without_a_token_there_is_no_batch(client):
    assert (await client.http.post("/commands", json=[])).status_code == 401
