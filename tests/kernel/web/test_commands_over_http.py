"""A command over HTTP: its answer, and every way in which it is refused."""

import asyncio
from uuid import uuid4

import pytest

from kernel.handling.handler import Handler
from kernel.vault.keys import token_key
from kernel.web.positions import open_positions


async def test_a_beginning_command_answers_with_what_it_made(client, lockers):
    answer = await client.post("/lockers", {"room": 2})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"id", "version", "events", "position"}
    assert (body["version"], [event["type"] for event in body["events"]]) == (1, ["LockerBuilt"])
    [(topic, places)] = open_positions(token_key(lockers.keys), client.org, body["position"]).items()
    assert (topic, len(places)) == (("contacts", 1), 1)


async def test_the_next_command_goes_to_its_id(client):
    locker = await client.build()
    answer = await client.post(f"/lockers/{locker}/put-thing-in", {"name": "hat", "grams": 90})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)


async def test_nothing_to_do_is_an_answer_without_events(client):
    locker = await client.build()
    answer = await client.post(f"/lockers/{locker}/empty-locker")
    assert (answer.status_code, answer.json()["events"], answer.json()["version"]) == (200, [], 1)


async def test_what_is_not_allowed_is_a_problem_with_its_code(client):
    locker = await client.build(room=0)
    answer = await client.post(f"/lockers/{locker}/put-thing-in", {"name": "hat", "grams": 90})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:rapport:problem:locker-full",
        "title": "Locker full",
        "status": 422,
        "detail": "The locker is full: empty it first.",
    }


async def test_its_own_id_is_kept_and_refused_a_second_time(client):
    own = str(uuid4())
    assert (await client.post("/lockers", {"room": 1, "id": own})).json()["id"] == own
    again = await client.post("/lockers", {"room": 1, "id": own})
    assert (again.status_code, again.json()["type"]) == (409, "urn:rapport:problem:already-exists")


async def test_a_repeat_gets_the_equal_answer(client):
    first = await client.post("/lockers", {"room": 1}, idempotency_key="once")
    again = await client.post("/lockers", b'{ "room" : 1 }', idempotency_key="once")
    assert (first.status_code, first.content) == (again.status_code, again.content)


async def test_fifty_repeats_at_once_do_it_once(client):
    answers = await asyncio.gather(
        *(client.post("/lockers", {"room": 1}, idempotency_key="once") for _ in range(50))
    )
    assert len({answer.content for answer in answers}) == 1


async def test_a_repeated_refusal_is_the_equal_refusal(client):
    locker = await client.build(room=0)
    put = f"/lockers/{locker}/put-thing-in", {"name": "hat", "grams": 90}
    first, again = [await client.post(*put, idempotency_key="k") for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content) == (422, first.content)


@pytest.mark.parametrize("path", ["/lockers", "/lockers/{id}/empty-locker"])
async def test_a_key_used_for_something_else_is_refused(client, path):
    locker = await client.build()
    await client.post("/lockers", {"room": 1}, idempotency_key="k")
    other = await client.post(
        path.format(id=locker), {"room": 2} if path == "/lockers" else {}, idempotency_key="k"
    )
    assert (other.status_code, other.json()["type"]) == (422, "urn:rapport:problem:key-reused")


async def test_keys_of_other_callers_are_their_own(client):
    first = await client.post("/lockers", {"room": 1}, idempotency_key="k")
    other = await client.as_("agent", uuid4()).post("/lockers", {"room": 2}, idempotency_key="k")
    assert first.status_code == other.status_code == 201


@pytest.mark.parametrize(
    ("version", "status"),
    [("1", 200), ('"1"', 200), ("2", 412), ("0", 412), ("x", 400), ("*", 400), ("-1", 400), ("9" * 20, 400)],
)
async def test_if_match_takes_the_version_and_no_other(client, version, status):
    locker = await client.build()
    answer = await client.post(f"/lockers/{locker}/empty-locker", if_match=version)
    assert answer.status_code == status


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "ä"])
async def test_a_key_that_cannot_be_kept_is_refused(client, key):
    answer = await client.http.post(
        "/lockers",
        json={"room": 1},
        headers=[
            (b"authorization", f"Bearer {client.token(str(client.org), 'agent')}".encode()),
            (b"idempotency-key", key.encode("latin-1")),
        ],
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rapport:problem:malformed-request")


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, None),
        (b"[]", 400, ""),
        (b'{"room": 1', 400, None),
        (b'{"room": "1"}', 422, "/room"),
        (b'{"room": 1000}', 422, "/room"),
        (b'{"room": 1, "size": 2}', 422, "/size"),
        (b'{"room": 1, "id": "7"}', 422, "/id"),
        (b'{"room": 1, "id": null}', 422, "/id"),
        (b'{"room": 1, "id": "7\\u0000"}', 422, "/id"),
        (b'{"room": 1, "size": "\\u0000"}', 422, "/size"),
        (b'{"room": NaN}', 400, None),
        (b'{"room": "\xff"}', 400, None),
        (b'{"room": 1, "size": "' + b"x" * 256 * 1024 + b'"}', 413, None),
        (b"[" * 5_000, 400, None),
    ],
)
async def test_a_bad_body_is_refused_with_a_pointer_and_nothing_is_stored(client, log, body, status, pointer):
    answer = await client.post("/lockers", body, idempotency_key="k")
    assert (answer.status_code, answer.json().get("pointer")) == (status, pointer)
    assert answer.headers["content-type"] == "application/problem+json"
    for table in ("event", "answer"):
        assert await log.fetchval(f"SELECT count(*) FROM {table} WHERE org_id = $1", client.org) == 0


@pytest.mark.parametrize(
    "text", ["7", "x" * 36, "0" * 36, "{018f0000-0000-7000-8000-00000000000}", "%00", "ä"]
)
async def test_an_id_that_is_no_uuid_is_pointed_to(client, text):
    answer = await client.post(f"/lockers/{text}/empty-locker")
    assert (answer.status_code, answer.json().get("pointer")) == (422, "/id")


async def test_unknown_and_foreign_ids_answer_alike(client):
    locker = await client.build()
    unknown = await client.post(f"/lockers/{uuid4()}/empty-locker")
    foreign = await client.as_("agent", uuid4()).post(f"/lockers/{locker}/empty-locker")
    assert (unknown.status_code, unknown.content) == (foreign.status_code, foreign.content)
    assert unknown.status_code == 404


async def test_without_a_token_nobody_is_let_in(client):
    answer = await client.http.post("/lockers", json={"room": 1})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_another_role_is_forbidden(client):
    locker = await client.build()
    answer = await client.as_("operator").post(f"/lockers/{locker}/empty-locker")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:rapport:problem:forbidden")


async def test_a_customer_reaches_nothing_but_its_own(client):
    own, other = await client.build(), await client.build()
    customer = client.as_("customer", contact=own)
    hat, nonsense = {"name": "hat", "grams": 1}, {"grams": "heavy"}
    assert (await customer.post(f"/lockers/{own}/put-thing-in", hat)).status_code == 200
    assert (await customer.post(f"/lockers/{own}/put-thing-in", nonsense)).status_code == 422
    unknown = await customer.post(f"/lockers/{uuid4()}/put-thing-in", hat)
    assert unknown.status_code == 404
    for body in (hat, nonsense):  # what is wrong with it would tell that it is there
        foreign = await customer.post(f"/lockers/{other}/put-thing-in", body)
        assert (foreign.status_code, foreign.content) == (404, unknown.content)


async def test_a_customer_reaches_nothing_but_its_own_in_a_batch(client):
    own, other = await client.build(), await client.build()
    item = {"command": "PutThingIn", "body": {"name": "hat", "grams": 1}}
    items = [item | {"id": each} for each in (own, other, str(uuid4()))]
    answer = (await client.as_("customer", contact=own).post("/commands", items)).json()
    assert [each["status"] for each in answer] == [200, 404, 404]
    assert answer[1] == answer[2]


async def test_a_customer_says_of_itself_only_what_is_its_own_word(client):
    locker, hat = await client.build(), {"name": "hat", "grams": 1, "at": "1950-01-01T00:00:00Z"}
    customer = client.as_("customer", contact=locker)
    alone = (await customer.post(f"/lockers/{locker}/put-thing-in", hat)).json()
    assert (alone["status"], alone["pointer"]) == (403, "/at")
    assert alone["detail"] == "A customer may not say this: leave it out."
    batch = [{"command": "PutThingIn", "id": locker, "body": hat}]
    [answer] = (await customer.post("/commands", batch)).json()
    assert (answer["status"], answer["pointer"]) == (403, "/body/at")
    assert (await client.post(f"/lockers/{locker}/put-thing-in", hat)).status_code == 200


async def test_a_customer_that_is_no_contact_is_nobody(client):
    assert (await client.as_("customer").post("/commands", [])).status_code == 401


async def test_a_command_without_roles_has_no_address(client):
    locker = await client.build()
    assert (await client.post(f"/lockers/{locker}/sweep-locker")).status_code == 404


@pytest.mark.parametrize("path", ["/nothing", "/lockers/", "/lockers/1/2/3", "/"])
async def test_an_unknown_address_is_a_problem(client, path):
    answer = await client.post(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:not-found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("GET", "/lockers", "POST"), ("DELETE", "/commands", "POST"), ("PUT", "/docs", "GET, HEAD")],
)
async def test_a_wrong_method_names_the_right_ones(client, method, path, allow):
    answer = await client.http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json()["type"] == "urn:rapport:problem:method-not-allowed"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_encoding": "gzip"}, 415),
        ({"content_type": "application/json; charset=utf-8"}, 201),
        ({"accept": "text/html"}, 406),
        ({"accept": "text/html, */*;q=0.1"}, 201),
    ],
)
async def test_only_json_comes_and_goes(client, headers, status):
    assert (await client.post("/lockers", b'{"room": 1}', **headers)).status_code == status


async def test_the_callers_trace_travels_with_the_event(client, log):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await client.post("/lockers", {"room": 1}, traceparent=trace)
    assert await log.fetchval("SELECT trace FROM event WHERE org_id = $1", client.org) == trace


async def test_results_are_counted_by_command(client):
    await client.build()
    figures = (await client.http.get("/metrics")).text
    assert 'rapport_commands_total{command="BuildLocker",result="accepted"}' in figures


@pytest.mark.parametrize("path", ["/lockers?dry_run=true", "/commands?limit=1"])
async def test_a_command_takes_no_query_string(client, path):
    answer = await client.post(path, {"room": 1})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rapport:problem:malformed-request")


async def test_the_log_says_where_a_fault_of_ours_was(client, caplog, monkeypatch):
    asked = []

    async def fails(_handler, call):
        asked.append(call)
        raise RuntimeError(client.authorization)

    monkeypatch.setattr(Handler, "handle", fails)
    own, trace = str(uuid4()), f"00-{'a' * 32}-{'b' * 16}-01"
    answer = await client.post("/lockers", {"room": 1, "id": own}, traceparent=trace)
    [outcome] = (await client.post("/commands", [{"command": "EmptyLocker", "id": own}])).json()
    assert answer.status_code == outcome["status"] == 500
    lines = [record for record in caplog.records if record.message == "unexpected error in a request"]
    assert [line.route for line in lines] == ["POST /lockers", "POST /lockers/{id}/empty-locker"]
    assert [line.correlation for line in lines] == [call.correlation_id for call in asked]
    assert [line.trace for line in lines] == [trace, None]
