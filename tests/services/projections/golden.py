"""What each view makes of the committed examples: python -m tests.services.projections.golden writes it."""

from __future__ import annotations

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

GOLDEN = Path(__file__).parent / "golden"


class Golden(msgspec.Struct):
    """The examples that a view reads, by digest, and the rows that each changes when all are told twice."""

    examples: dict[str, str]
    changes: list[tuple[str, list[Any]]]


def of(view: View[Any]) -> Golden:
    """Computed now."""
    examples = {
        f"{service_of(cls)}/{path.name}": (cls, path)
        for cls in sorted(view.reads, key=lambda cls: (service_of(cls), cls.__name__))
        for path in sorted((FOLDER / service_of(cls)).glob(f"{cls.__name__}.v*.example.json"))
    }
    digests = {name: sha256(path.read_bytes()).hexdigest() for name, (_, path) in examples.items()}
    changes, rows = [], dict[RowId, Any]()
    for number, (name, (cls, path)) in enumerate([*examples.items()] * 2, 1):
        fact, before = fact_of(event_of(cls, path, view.personal), number), dict(rows)
        fold_into(view, rows, fact, keys_of(view, fact))
        changes.append((name, [row for row_id, row in rows.items() if before.get(row_id) != row]))
    text = msgspec.json.encode(Golden(digests, changes), order="deterministic", enc_hook=whole)
    return msgspec.json.decode(text, type=Golden)


def whole(part: Part[Any]) -> Any:
    """What a part of a row says."""
    return part.value


def event_of(cls: type[Event], path: Path, personal: bool) -> Event:
    version = int(path.name.partition(".v")[2].partition(".")[0])
    event = decode(cls, version, path.read_bytes())
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
            text = msgspec.json.format(msgspec.json.encode(now, order="deterministic"), indent=1)
            (GOLDEN / f"{view.table_name}.json").write_bytes(text + b"\n")


if __name__ == "__main__":
    write()
