"""What each view makes of the committed examples: python -m tests.services.projections.golden writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid5

import msgspec

from kernel.log.facts import Event, decode, service_of
from kernel.taking.fact import Fact
from kernel.view.folding import fold_into, keys_of
from kernel.view.parts import Part
from kernel.view.view import RowId, View
from ops.contracts.files import FOLDER
from services.projections.app import VIEWS
from tests.parcels.log import ORG, enveloped
from tests.varying import varied

GOLDEN = Path(__file__).parent / "golden"


class Golden(msgspec.Struct):
    """The examples that a view reads, by digest, and the rows that each changes when all are told twice.

    `varied`: a digest of the rows, and their terms, that bodies like the example change, one after another.
    """

    examples: dict[str, str]
    changes: list[tuple[str, list[Any]]]
    varied: dict[str, str]


def of(view: View[Any]) -> Golden:
    """Computed now."""
    examples = {
        f"{service_of(cls)}/{path.name}": (cls, path)
        for cls in sorted(view.reads, key=lambda cls: (service_of(cls), cls.__name__))
        for path in sorted((FOLDER / service_of(cls)).glob(f"{cls.__name__}.v*.example.json"))
    }
    bodies = {name: [path.read_bytes(), *varied(path)] for name, (_, path) in examples.items()}
    digests = {name: sha256(b"\n".join(found)).hexdigest() for name, found in bodies.items()}
    told = [(name, event_of(cls, path, view.personal)) for name, (cls, path) in [*examples.items()] * 2]
    changed = changes(view, [event for _, event in told])
    others = {}
    for name, (cls, path) in examples.items():
        rows = changes(view, [read(cls, path, body, view.personal) for body in bodies[name]])
        terms = [[sorted(view.terms(row)) for row in each] for each in rows] if view.terms else []
        others[name] = sha256(text([rows, terms])).hexdigest()
    found = Golden(digests, [(name, rows) for (name, _), rows in zip(told, changed, strict=True)], others)
    return msgspec.json.decode(text(found), type=Golden)


def changes(view: View[Any], events: Sequence[Event]) -> list[list[Any]]:
    """The rows that each of them changes, one after another."""
    found, rows = [], dict[RowId, Any]()
    for number, event in enumerate(events, 1):
        fact, before = fact_of(event, number), dict(rows)
        fold_into(view, rows, fact, keys_of(view, fact))
        found.append([row for row_id, row in rows.items() if before.get(row_id) != row])
    return found


def text(found: Any) -> bytes:
    return msgspec.json.encode(found, order="deterministic", enc_hook=whole)


def whole(part: Part[Any]) -> Any:
    """What a part of a row says."""
    return part.value


def event_of(cls: type[Event], path: Path, personal: bool) -> Event:
    return read(cls, path, path.read_bytes(), personal)


def read(cls: type[Event], path: Path, body: bytes, personal: bool) -> Event:
    """The event that this body is, in the version of the example at this path."""
    version = int(path.name.partition(".v")[2].partition(".")[0])
    event = decode(cls, version, body)
    return event if personal or not hasattr(event, "personal") else replace(event, personal=None)


def fact_of(event: Event, number: int) -> Fact[Any]:
    """All of them on one partition and of one stream each service: the order is what is told."""
    service = service_of(type(event))
    stream = next(iter(event.subjects()), uuid5(ORG, service))
    envelope = enveloped(ORG, stream, event, number, number, number)
    return Fact(event, envelope, 0, number, service, b"example %d" % number)


FOLDS = [fold for view in VIEWS for fold in view.folds]
"""Former ones too: workers feed them until they are gone."""


def committed(view: View[Any]) -> Golden | None:
    path = GOLDEN / f"{view.table_name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Golden) if path.exists() else None


def write() -> None:
    """Writes what is missing, and what new examples change; never other rows for the same examples."""
    GOLDEN.mkdir(exist_ok=True)
    for view in FOLDS:
        before, now = committed(view), of(view)
        if before is None or before.examples != now.examples:
            (GOLDEN / f"{view.table_name}.json").write_bytes(msgspec.json.format(text(now), indent=1) + b"\n")


if __name__ == "__main__":
    write()
