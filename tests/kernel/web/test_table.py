"""A path leads to one place, whose methods are known; names match what no literal does."""

import pytest

from kernel.web.wire.exchange import Request, Response
from kernel.web.wire.table import Route, Table


async def endpoint(_request: Request) -> Response:
    return Response(200, b"")


TABLE = Table(
    Route(method, path, endpoint)
    for method, path in [
        ("POST", "/contacts"),
        ("POST", "/contacts/{id}/close-contact"),
        ("GET", "/customers/{id}"),
        ("POST", "/customers/search"),
        ("GET", "/customers/{id}/history/{field}"),
    ]
)


@pytest.mark.parametrize(
    ("path", "methods", "values"),
    [
        ("/contacts", ["POST"], ()),
        ("/contacts/7/close-contact", ["POST"], ("7",)),
        ("/customers/7", ["GET"], ("7",)),
        ("/customers/search", ["POST"], ()),
        ("/customers/7/history/name", ["GET"], ("7", "name")),
        ("/customers/", ["GET"], ("",)),
    ],
)
def test_a_path_is_found_with_its_values(path, methods, values):
    found = TABLE.find(path)
    assert found is not None
    assert (list(found.methods), found.values) == (methods, values)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        "/contacts/7",
        "/contacts/7/close-contact/8",
        "/nothing",
        "contacts",
        "/customers/7/history",
    ],
)
def test_any_other_path_is_not_found(path):
    assert TABLE.find(path) is None


def test_two_routes_for_one_place_are_refused():
    with pytest.raises(ValueError, match="two routes"):
        Table([Route("GET", "/a/{id}", endpoint), Route("GET", "/a/{name}", endpoint)])
