"""Events' former versions in an AsyncAPI document: a topic carries for ever what was once written to it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Document = dict[str, Any]


def with_former(document: Document) -> Document:
    """The document with a message for each older version too, as `IdentifierVerified.v1`."""
    whole = deepcopy(document)
    messages, schemas = whole["components"]["messages"], whole["components"]["schemas"]
    for name in tuple(messages):
        address, _, newest = schemas[f"{name}Message"]["properties"]["dataschema"]["const"].rpartition(".v")
        for version in range(1, int(newest)):
            older = f"{name}.v{version}"
            payload = deepcopy(schemas[f"{name}Message"])
            payload["title"] = f"{older}Message"
            payload["properties"]["dataschema"]["const"] = f"{address}.v{version}"
            payload["properties"]["data"] = {"$ref": f"../{address.split(':')[3]}/{older}.json"}
            schemas[f"{older}Message"] = payload
            messages[older] = {
                **messages[name],
                "name": older,
                "payload": {"$ref": f"#/components/schemas/{older}Message"},
            }
            _carry(whole, name, older)
    return whole


def _carry(document: Document, name: str, older: str) -> None:
    """Wherever the present version goes, the older one does."""
    for topic, channel in document["channels"].items():
        if name in channel["messages"]:
            channel["messages"][older] = {"$ref": f"#/components/messages/{older}"}
        for operation in document["operations"].values():
            if {"$ref": f"#/channels/{topic}/messages/{name}"} in operation["messages"]:
                operation["messages"].append({"$ref": f"#/channels/{topic}/messages/{older}"})
