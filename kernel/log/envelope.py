"""An event on its way: the CloudEvents 1.0 envelope in structured mode, as topics and the journal hold it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

CONTENT_TYPE = b"application/cloudevents+json"

Origin = Literal["live", "imported"]

_NAMES = {
    "event_id": "id",
    "stream_id": "subject",
    "occurred_at": "time",
    "position_text": "sequence",
    "version": "streamversion",
    "partition_key_text": "partitionkey",
    "org_id": "orgid",
    "correlation_text": "correlationid",
    "causation_text": "causationid",
    "recorded_at": "recordedtime",
    "trace": "traceparent",
    "sealed": "personal",
}


class Heading(
    msgspec.Struct,
    frozen=True,
    gc=False,  # nothing in it can point back
    kw_only=True,
    rename=_NAMES.get,
    omit_defaults=True,
    tag_field="specversion",
    tag="1.0",
):
    """All that is told of one recorded event but its data; its personal part is sealed.

    Attributes are named as in CloudEvents 1.0.2; `streamversion` and those after it are extensions of ours.
    The partition is not inside: it is where the record lies. What hardly anybody asks for stays text until
    then: making a UUID takes longer than all else about it.
    """

    event_id: UUID
    source: str
    type: str
    stream_id: UUID
    occurred_at: datetime
    dataschema: str
    datacontenttype: Literal["application/json"]
    position_text: str
    version: int
    partition_key_text: str
    org_id: UUID
    actor: str
    correlation_text: str
    causation_text: str | None = None
    origin: Origin
    recorded_at: datetime
    trace: str | None = None
    sealed: str | None = None

    @property
    def position(self) -> int:
        """Its place in its partition, from 1, without gaps."""
        return int(self.position_text)

    @property
    def schema_version(self) -> int:
        """The version of its event class, from the end of `dataschema`."""
        return int(self.dataschema.rpartition(".v")[2])

    @property
    def partition_key(self) -> UUID:
        """What its stream's partition was chosen by."""
        return UUID(self.partition_key_text)

    @property
    def correlation_id(self) -> UUID:
        """What it belongs to: the first command of all that followed from it."""
        return UUID(self.correlation_text)

    @property
    def causation_id(self) -> UUID | None:
        """The event that a reaction answered with it."""
        return None if self.causation_text is None else UUID(self.causation_text)

    @property
    def personal(self) -> bytes | None:
        """The sealed personal part."""
        return None if self.sealed is None else b64decode(self.sealed)


class Envelope(Heading, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One recorded event as it travels."""

    data: msgspec.Raw


def sequence(position: int) -> str:
    """A position as CloudEvents' `sequence`: text that sorts as the number does."""
    return f"{position:019}"


def schema_name(service: str, name: str, version: int) -> str:
    """The address of an event's schema, also its path under schemas/ before `.json`."""
    return f"urn:rapport:schema:{service}:{name}.v{version}"


def sealed_text(personal: bytes | None) -> str | None:
    """A sealed personal part as the envelope carries it."""
    return None if personal is None else b64encode(personal).decode("ascii")


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Envelope)


def write(envelope: Envelope) -> bytes:
    """The record's value; the same envelope gives the same bytes."""
    return _ENCODER.encode(envelope)


def read(value: bytes) -> Envelope:
    """The envelope of a record's value; raises msgspec.MsgspecError where it is none."""
    return _DECODER.decode(value)
