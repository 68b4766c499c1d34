"""Over HTTP: every question takes `as_of`, or says that it does not; none silently answers for now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys, token_key
from kernel.web.access import Role
from kernel.web.contract.openapi import openapi
from kernel.web.positions import open_positions, seal_positions
from kernel.web.process import application
from kernel.web.service import Query
from services.projections.app import SERVICE
from tests.asking import required
from tests.conftest import fresh_database, run
from tests.horizons import tell_that_nothing_happens
from tests.serving import serving

LONG_AGO = "2001-02-03T04:05:06Z"
QUERIES: dict[tuple[str, str], Query[Any]] = {(query.method, query.path): query for query in SERVICE.queries}
ROUTES = [
    (method.upper(), path, operation)
    for path, methods in openapi(SERVICE)["paths"].items()
    for method, operation in methods.items()
    if operation["tags"] != ["operations"]
]


@pytest.fixture(scope="module")
def place(postgres: str, template: Settings) -> Iterator[tuple[Settings, str]]:
    make_keys(Path(template.keys))
    with (
        fresh_database(postgres, template) as settings,
        serving(lambda: application(settings, "views")) as address,
    ):
        run(tell_that_nothing_happens(settings))
        yield settings, address


@pytest.fixture
def address(place: tuple[Settings, str]) -> str:
    return place[1]


@pytest.fixture
def ask(address: str, token: Callable[..., str]) -> Callable[..., httpx.Response]:
    def ask(method: str, path: str, **asked: str) -> httpx.Response:
        role = (
            "manager" if Role.MANAGER in QUERIES[method, path.partition("?")[0]].roles else "partner-manager"
        )
        headers = {"authorization": f"Bearer {token(str(uuid4()), role)}"}
        place = address + path.replace("{id}", str(uuid4())).replace("{field}", "name")
        if method == "GET":
            return httpx.get(place, headers=headers, params=asked)
        return httpx.post(place, headers=headers, json=asked)

    return ask


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=[path for _, path, _ in ROUTES])
def test_every_question_takes_as_of_or_says_that_it_is_answered_for_now(
    ask: Callable[..., httpx.Response], method: str, path: str, operation: dict[str, Any]
) -> None:
    answer = ask(method, path, as_of=LONG_AGO, **required(QUERIES[method, path]))
    if "as_of" in {each["name"] for each in operation["parameters"]}:
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:not-found")
        assert answer.headers["rapport-position"]
    else:
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "urn:rapport:problem:as-of-not-answered")
        assert problem["pointer"] == "/as_of"
        assert "as-of-not-answered" in operation["responses"]["422"]["description"]


def test_a_question_that_is_posted_says_so_of_as_of_in_its_address_too(
    ask: Callable[..., httpx.Response],
) -> None:
    path = f"/customers/search?as_of={LONG_AGO}"
    answer = ask("POST", path, **required(QUERIES["POST", "/customers/search"]))
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "urn:rapport:problem:as-of-not-answered")
    assert problem["detail"] == "Leave as_of out: this is answered for now."


@pytest.mark.parametrize("moment", ["9998-01-01T00:00:00Z", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_time_of_the_past_is_refused(ask: Callable[..., httpx.Response], moment: str) -> None:
    for method, path, operation in ROUTES:
        names = {each["name"] for each in operation["parameters"]}
        if name := next((name for name in ("as_of", "to") if name in names), None):
            answer = ask(method, path, **required(QUERIES[method, path]) | {name: moment})
            assert (answer.status_code, answer.json()["pointer"]) == (422, f"/{name}"), path


def test_changes_from_a_time_to_come_are_refused_also_without_an_end(
    ask: Callable[..., httpx.Response],
) -> None:
    answer = ask("GET", "/customers/{id}/changes", **{"from": "9998-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/from")
    assert "past" in answer.json()["detail"]


def test_a_question_between_two_times_says_how_its_time_is_named(ask: Callable[..., httpx.Response]) -> None:
    answer = ask("GET", "/customers/{id}/changes", **{"from": LONG_AGO, "as_of": LONG_AGO})
    assert answer.json()["type"] == "urn:rapport:problem:as-of-not-answered"
    assert answer.json()["detail"] == "Leave as_of out: to names the time."
    assert "now" not in answer.json()["title"]


@pytest.mark.parametrize("query", SERVICE.queries, ids=lambda query: query.path)
def test_the_wiring_names_a_time_that_is_a_parameter(query: Any) -> None:
    fields = query.params.__dataclass_fields__
    assert {query.moment, query.since} <= {*fields, None}
    assert ("as_of" in fields) == (query.moment == "as_of")
    assert query.moment or not query.past


async def test_an_answer_about_the_past_says_how_far_the_journal_is_and_waits_for_it(
    place: tuple[Settings, str], token: Callable[..., str]
) -> None:
    settings, address = place
    org, key = uuid4(), token_key(settings.keys)
    worker = await asyncpg.connect(
        settings.dsn["projections_log"], server_settings={"search_path": "projections"}
    )
    head = '{"contacts": {"generation": 1, "position": 5, "offset": 5}}'
    await worker.execute(
        "UPDATE checkpoint SET topics = $1 WHERE partition = 3 AND taker NOT LIKE 'journal%'", head
    )
    await worker.close()
    headers = {"authorization": f"Bearer {token(str(org), 'manager')}"}

    def reached(answer: httpx.Response) -> int:
        return open_positions(key, org, answer.headers["rapport-position"])["contacts", 1][3]

    async with httpx.AsyncClient(base_url=address, headers=headers) as http:
        url = f"/customers/{uuid4()}"
        assert reached(await http.get(url)) == 5
        assert reached(await http.get(url, params={"as_of": LONG_AGO})) == 0
        http.headers["rapport-position"] = seal_positions(key, org, {("contacts", 1): {3: 5}})
        assert (await http.get(url)).status_code == 404
        for query in SERVICE.queries:
            if query.moment:
                path = query.path.replace("{id}", str(uuid4())).replace("{field}", "name")
                for named in filter(None, (query.moment, query.since and query.since.rstrip("_"))):
                    asked = required(query) | {named: "2026-11-02T00:00:00Z"}
                    answer = await http.get(path, params=asked)
                    told = (answer.status_code, answer.json()["type"])
                    assert told == (503, "urn:rapport:problem:view-behind"), (path, named)
