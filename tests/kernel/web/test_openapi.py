"""The contract of a service is valid OpenAPI 3.1 and complete, and its page knows no strangers."""

import re

import jsonschema
import pytest
from openapi_spec_validator import validate

from kernel.web.commanding.routes import command_routes
from kernel.web.contract.openapi import openapi
from kernel.web.problems import CATALOGUE
from tests.lockers.aggregate import LOCKERS
from tests.parcels.queries import SERVICE as PARCELS

DOCUMENT = openapi(LOCKERS)


@pytest.mark.parametrize("service", [LOCKERS, PARCELS], ids=lambda service: service.name)
def test_it_is_valid(service):
    validate(openapi(service))


def test_every_command_is_there_with_its_roles_and_examples():
    for route in command_routes(LOCKERS):
        operation = DOCUMENT["paths"][route.path]["post"]
        assert all(role.value in operation["description"] for role in route.command.roles)
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        assert [each["value"] for each in examples.values()] == list(route.command.examples)


def test_every_example_is_valid_by_its_schema():
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**media["schema"], "components": DOCUMENT["components"]}
                for example in media["examples"].values():
                    jsonschema.validate(example["value"], schema)


def test_every_problem_of_the_kernel_is_documented():
    documented = {
        code
        for service in (LOCKERS, PARCELS)
        for path in openapi(service)["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    # 405 belongs to methods that are not there, and so have no operation.
    assert documented == set(CATALOGUE) - {"method-not-allowed"}


def test_every_query_is_there_with_its_parameters():
    operation = openapi(PARCELS)["paths"]["/places/{place}"]["get"]
    places = {each["name"]: (each["in"], each["required"]) for each in operation["parameters"]}
    assert places == {
        "place": ("path", True),
        "limit": ("query", False),
        "cursor": ("query", False),
        "Rapport-Position": ("header", False),
    }


def test_operation_ids_are_unique():
    for service in (LOCKERS, PARCELS):
        ids = [each["operationId"] for path in openapi(service)["paths"].values() for each in path.values()]
        assert len(ids) == len(set(ids))


async def test_the_contract_is_served_as_it_is(client):
    assert (await client.http.get("/openapi.json")).json() == DOCUMENT


async def test_the_page_loads_nothing_from_elsewhere(client):
    page = await client.http.get("/docs")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    for source in (each for each in sources if not each.startswith("data:")):
        asset = await client.http.get(f"/{source}")
        assert asset.status_code == 200, source
        assert not re.match("https?:", source)
