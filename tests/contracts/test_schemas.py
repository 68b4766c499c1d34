"""What is committed under schemas/ is what the code says; what was published is never changed in silence."""

import json

import jsonschema
import pytest
from openapi_spec_validator import validate

from kernel.log.facts import Event
from kernel.web.service import Service
from ops.contracts import events, files
from tests.lockers.aggregate import LOCKERS, ThingPutIn

SERVICES = files.services()
EVERY_SCHEMA = [
    (service.name, event, version)
    for service in SERVICES
    for event in events.events_of(service)
    for version in range(1, event.version + 1)
]


@pytest.fixture
def published(tmp_path):
    files.write(tmp_path, [LOCKERS])
    return tmp_path


def test_what_is_committed_is_what_the_code_says():
    assert files.check(files.FOLDER, SERVICES) == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_openapi_document_is_valid(service: Service):
    validate(json.loads(files.documents(service)[f"{service.name}/openapi.json"]))


def test_writing_twice_changes_nothing(published):
    assert files.write(published, [LOCKERS]) == []
    assert files.check(published, [LOCKERS]) == []


@pytest.mark.parametrize(
    ("service", "event", "version"), EVERY_SCHEMA, ids=lambda each: getattr(each, "__name__", each)
)
def test_an_example_has_every_field_and_is_valid_by_its_schema(
    service: str, event: type[Event], version: int
):
    example = json.loads((files.FOLDER / events.example_file(service, event, version)).read_bytes())
    schema = json.loads((files.FOLDER / events.schema_file(service, event, version)).read_bytes())
    jsonschema.validate(example, schema, format_checker=jsonschema.FormatChecker())
    assert set(example) == set(schema["properties"])


def test_a_stale_document_is_a_fault_and_is_made_anew(published):
    path = published / "lockers/openapi.json"
    path.write_text("{}")
    assert files.check(published, [LOCKERS]) == [
        "lockers/openapi.json is not what the code says: run `./rapport schemas`."
    ]
    assert files.write(published, [LOCKERS]) == ["lockers/openapi.json"]


def test_other_words_are_no_other_schema():
    assert b"The thing" not in events.schema_of("lockers", ThingPutIn)
    assert b'"title"' not in events.schema_of("lockers", ThingPutIn)


def test_a_service_without_events_has_no_topics():
    assert list(files.documents(Service("empty"))) == ["empty/openapi.json"]


def test_the_asyncapi_document_describes_every_version_that_a_topic_can_carry():
    document = json.loads((files.FOLDER / "contacts/asyncapi.json").read_bytes())
    [(topic, channel)] = document["channels"].items()
    [operation] = document["operations"].values()
    for service, event, version in EVERY_SCHEMA:
        if service == "contacts":
            name = event.__name__ if version == event.version else f"{event.__name__}.v{version}"
            assert {"$ref": f"#/channels/{topic}/messages/{name}"} in operation["messages"]
            assert name in channel["messages"]
            told = document["components"]["schemas"][f"{name}Message"]["properties"]
            assert told["dataschema"]["const"].endswith(f":{event.__name__}.v{version}")
            path, _, inside = told["data"]["$ref"].partition("#")
            assert inside == f"/components/schemas/{name}" or (files.FOLDER / "contacts" / path).exists()
    assert "IdentifierVerified.v1" in channel["messages"]
