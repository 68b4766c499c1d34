"""Over HTTP: every question takes `as_of`, or says that it does not; none silently answers for now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from kernel.web.contract.openapi import openapi
from kernel.web.process import application
from services.projections.app import SERVICE
from tests.asking import required
from tests.conftest import fresh_database
from tests.serving import serving

LONG_AGO = "2001-02-03T04:05:06Z"
QUERIES = {(query.method, query.path): query for query in SERVICE.queries}
ROUTES = [
    (method.upper(), path, operation)
    for path, methods in openapi(SERVICE)["paths"].items()
    for method, operation in methods.items()
    if operation["tags"] != ["operations"]
]


@pytest.fixture(scope="module")
def address(postgres: str, template: Settings) -> Iterator[str]:
    make_keys(Path(template.keys))
    with (
        fresh_database(postgres, template) as settings,
        serving(lambda: application(settings, "views")) as address,
    ):
        yield address


@pytest.fixture
def ask(address: str, token: Callable[..., str]) -> Callable[..., httpx.Response]:
    headers = {"authorization": f"Bearer {token(str(uuid4()), 'agent')}"}

    def ask(method: str, path: str, **asked: str) -> httpx.Response:
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


@pytest.mark.parametrize("moment", ["9998-01-01T00:00:00Z", "yesterday", "2026-01-01T00:00:00"])
def test_what_is_no_time_of_the_past_is_refused(ask: Callable[..., httpx.Response], moment: str) -> None:
    for method, path, operation in ROUTES:
        names = {each["name"] for each in operation["parameters"]}
        if name := next((name for name in ("as_of", "to") if name in names), None):
            answer = ask(method, path, **required(QUERIES[method, path]) | {name: moment})
            assert (answer.status_code, answer.json()["pointer"]) == (422, f"/{name}"), path


@pytest.mark.parametrize("query", SERVICE.queries, ids=lambda query: query.path)
def test_the_wiring_names_a_time_that_is_a_parameter(query: Any) -> None:
    fields = query.params.__dataclass_fields__
    assert query.moment in {*fields, None}
    assert ("as_of" in fields) == (query.moment == "as_of")
    assert query.moment or not query.past
