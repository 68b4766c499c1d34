"""The AsyncAPI 3.0 document of a service: the facts that it publishes, and those that its reactions hear."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from faststream import AsyncAPI
from faststream.kafka import KafkaBroker
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import GenerateJsonSchema

from kernel.log.envelope import CONTENT_TYPE, schema_name
from kernel.log.facts import Event, service_of, type_of
from kernel.reaction.reaction import Reaction
from kernel.settings import Settings
from kernel.taking.generations import FIRST
from kernel.web.service import Service

Document = dict[str, Any]

_GENERATION: Document = {
    "description": "How often the topic was made anew, from 1. The relay's /readyz names the topic of now.",
    "default": str(FIRST),
}


class _Message(BaseModel):
    """The envelope (CloudEvents 1.0, structured mode) without what tells one event from another."""

    model_config = ConfigDict(extra="forbid")

    specversion: Literal["1.0"]
    id: UUID
    source: Annotated[str, Field(description="/orgs/<organisation>/<service>")]
    subject: Annotated[UUID, Field(description="The stream.")]
    time: Annotated[datetime, Field(description="When it happened.")]
    datacontenttype: Literal["application/json"]
    sequence: Annotated[str, Field(pattern="^[0-9]{19}$", description="Its position in its partition.")]
    streamversion: Annotated[int, Field(ge=1)]
    partitionkey: UUID
    orgid: UUID
    actor: str
    correlationid: UUID
    causationid: UUID | None = None
    origin: Literal["live", "imported"]
    recordedtime: Annotated[datetime, Field(description="When it was recorded; ascending in its partition.")]
    traceparent: str | None = None
    personal: Annotated[str | None, Field(description="The sealed personal part, base64.")] = None

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> Document:
        """As it is written, the event without its personal part: that travels sealed, beside it."""
        schema = GenerateJsonSchema(ref_template="#/$defs/{model}").generate(
            cls.__pydantic_core_schema__, mode="serialization"
        )
        definitions = schema.get("$defs", {})
        data = definitions[cls.__name__.removesuffix("Message")]
        if data["properties"].pop("personal", None):
            used = json.dumps([schema["properties"], definitions])
            schema["$defs"] = {
                name: found for name, found in definitions.items() if f"#/$defs/{name}" in used
            }
        return schema


def _message(event: type[Event]) -> type[_Message]:
    service, name = service_of(event), event.__name__
    told: Any = Literal[schema_name(service, name, event.version)]
    kind: Any = Literal[type_of(event)]
    return create_model(
        f"{name}Message",
        __base__=_Message,
        __doc__=inspect.getdoc(event),
        type=(kind, ...),
        dataschema=(told, ...),
        data=(event, ...),
    )


def asyncapi(service: Service) -> Document:
    """The whole document. The servers differ from place to place and are not in it."""
    broker = KafkaBroker()
    for event in (event for aggregate in service.aggregates for event in aggregate.events):
        broker.publisher(_topic(event), title=event.__name__, schema=_message(event))
    for reaction in service.reactions:
        _hear(broker, reaction)
    found = AsyncAPI(
        broker,
        title=f"Rapport: {service.name}",
        version="1",
        description=f"The facts of the service {service.name}, and those that its reactions hear.",
        schema_version="3.0.0",
    )
    return _by_topic(json.loads(found.to_specification().to_json()))


def _topic(event: type[Event]) -> str:
    return f"{Settings.model_fields['topics'].default}.{service_of(event)}"


def _hear(broker: KafkaBroker, reaction: Reaction[Any]) -> None:
    for event in reaction.hears:

        async def take(message: Any) -> None: ...

        take.__annotations__["message"] = _message(event)
        broker.subscriber(_topic(event), title=f"{reaction.name}:{event.__name__}", no_reply=True)(take)


def _by_topic(document: Document) -> Document:
    """FastStream describes a channel and an operation for each message; here a topic carries many."""
    channels: Document = {}
    operations: Document = {}
    messages: Document = {}
    for name in sorted(document["channels"]):  # as found, their order differs from run to run
        reaction, _, event = name.rpartition(":")
        found, done = document["channels"][name], document["operations"][name]
        topic = found["address"]
        channel = channels.setdefault(topic, _channel(topic))
        channel["messages"][event] = {"$ref": f"#/components/messages/{event}"}
        messages[event] = _carried(event)
        key = f"{reaction} {topic}" if reaction else f"publish {topic}"
        operation = operations.setdefault(
            key.replace(" ", ":"),
            {"action": done["action"], "channel": {"$ref": f"#/channels/{topic}"}, "messages": []},
        )
        operation["messages"].append({"$ref": f"#/channels/{topic}/messages/{event}"})
    schemas = dict(sorted(document["components"]["schemas"].items()))
    return {
        "asyncapi": document["asyncapi"],
        "info": document["info"],
        "defaultContentType": CONTENT_TYPE.decode(),
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {"messages": dict(sorted(messages.items())), "schemas": schemas},
    }


def _channel(topic: str) -> Document:
    address = topic + ".g{generation}"
    return {
        "address": address,
        "parameters": {"generation": _GENERATION},
        "messages": {},
        "bindings": {"kafka": {"topic": address, "bindingVersion": "0.4.0"}},
    }


def _carried(event: str) -> Document:
    return {
        "name": event,
        "contentType": CONTENT_TYPE.decode(),
        "correlationId": {"location": "$message.payload#/correlationid"},
        "payload": {"$ref": f"#/components/schemas/{event}Message"},
    }
