"""What stands in the address of a query is taken or refused field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from kernel.settings import Settings
from kernel.vault.keys import make_keys
from kernel.web.process import application
from services.projections.customers.timeline.happenings import Kind
from tests.conftest import fresh_database
from tests.serving import serving


@pytest.fixture(scope="module")
def address(postgres: str, template: Settings) -> Iterator[str]:
    make_keys(Path(template.keys))
    with (
        fresh_database(postgres, template) as settings,
        serving(lambda: application(settings, "views")) as address,
    ):
        yield address


@pytest.fixture
def headers(token: Callable[[str, str], str]) -> dict[str, str]:
    return {"authorization": f"Bearer {token(str(uuid4()), 'agent')}"}


@pytest.mark.parametrize(
    "question",
    [
        *(f"timeline?kind={kind.value}" for kind in Kind),
        "timeline?limit=200",
        "?on=1900-01-01",
        "?on=9999-12-31",
        "history/name?limit=1",
    ],
)
def test_every_parameter_may_stand_in_an_address(
    question: str, address: str, headers: dict[str, str]
) -> None:
    where = f"{address}/customers/{uuid4()}{'' if question[0] == '?' else '/'}{question}"
    answer = httpx.get(where, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:not-found")


@pytest.mark.parametrize(
    ("question", "status", "pointer"),
    [
        ("timeline?kind=gossip", 422, "/kind"),
        ("timeline?cursor=x", 400, None),
        ("?on=1899-12-31", 422, "/on"),
        ("?on=yesterday", 422, "/on"),
        ("?on=86400", 422, "/on"),
        ("?on=20171231", 422, "/on"),
        ("history/shoe_size", 422, "/field"),
    ],
)
def test_a_bad_parameter_is_refused(
    question: str, status: int, pointer: str | None, address: str, headers: dict[str, str]
) -> None:
    where = f"{address}/customers/{uuid4()}{'' if question[0] == '?' else '/'}{question}"
    answer = httpx.get(where, headers=headers)
    assert (answer.status_code, answer.json().get("pointer")) == (status, pointer)


def test_words_without_a_letter_are_refused(address: str, headers: dict[str, str]) -> None:
    answer = httpx.post(f"{address}/customers/search", headers=headers, json={"words": "…!"})
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/words")
