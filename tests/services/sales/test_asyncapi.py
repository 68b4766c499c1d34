"""A service's topics are described with every message that they carry."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from kernel.log.envelope import write
from kernel.reaction.asyncapi import asyncapi
from services.sales.app import SERVICE
from tests.parcels.log import ORG, enveloped
from tests.services.sales.deciding import ANNA, CARD, line, recorded

DOCUMENT = asyncapi(SERVICE)


def references(found: Any) -> list[str]:
    """Every reference inside."""
    if isinstance(found, list):
        return [reference for each in found for reference in references(each)]
    if isinstance(found, dict):
        own = [found["$ref"]] if isinstance(found.get("$ref"), str) else []
        return own + [reference for each in found.values() for reference in references(each)]
    return []


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_services_topic_carries_every_event_of_the_service() -> None:
    events = {event.__name__ for aggregate in SERVICE.aggregates for event in aggregate.events}
    assert set(DOCUMENT["channels"]["crm.sales"]["messages"]) == events
    operation = DOCUMENT["operations"]["publish:crm.sales"]
    assert (operation["action"], len(operation["messages"])) == ("send", len(events))


def test_a_topic_made_anew_has_the_same_channel() -> None:
    channel = DOCUMENT["channels"]["crm.sales"]
    assert channel["address"] == channel["bindings"]["kafka"]["topic"] == "crm.sales.g{generation}"
    assert channel["parameters"]["generation"]["default"] == "1"


def test_what_a_reaction_hears_is_received() -> None:
    operation = DOCUMENT["operations"]["attribute_purchase:crm.contacts"]
    heard = [message["$ref"].rpartition("/")[2] for message in operation["messages"]]
    assert operation["action"] == "receive"
    assert heard == ["ContactClosed", "ContactReopened", "IdentifierAdded", "IdentifierRemoved"]


def test_every_reference_leads_somewhere_and_none_leads_outside() -> None:
    found = references(DOCUMENT)
    assert found
    for reference in found:
        assert reference.startswith("#/")
        assert resolved(reference)


def test_the_document_is_the_same_each_time() -> None:
    assert json.dumps(asyncapi(SERVICE)) == json.dumps(DOCUMENT)


def test_what_travels_is_what_is_described() -> None:
    (bought,) = recorded(line(discounts=[{"kind": "coupon", "amount": "1"}]), identifier=CARD)
    told = json.loads(write(enveloped(ORG, ANNA, bought, 1, 1, 0)))
    schema = {
        **resolved("#/components/schemas/PurchaseRecordedMessage"),
        "components": DOCUMENT["components"],
    }
    jsonschema.Draft7Validator(schema).validate(told)


def test_a_personal_part_travels_sealed_and_is_not_described() -> None:
    data = resolved("#/components/schemas/IdentifierAdded")
    assert set(data["properties"]) == {"contact_id", "kind"}
    assert "Personal" not in DOCUMENT["components"]["schemas"]
