"""What lies under schemas/: events that never change, and documents that are made anew."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from kernel.log.facts import Event
from kernel.reaction.asyncapi import asyncapi
from kernel.settings import SERVICES
from kernel.web.contract.openapi import openapi
from kernel.web.service import Service
from ops.checkout import CHECKOUT
from ops.contracts import events, published
from ops.contracts.events import text_of
from ops.contracts.former import with_former

FOLDER = CHECKOUT / "schemas"


def services() -> list[Service]:
    """The deciding services, and the one that answers queries."""
    return [import_module(f"services.{name}.app").SERVICE for name in (*SERVICES, "projections")]


def documents(service: Service) -> dict[str, bytes]:
    """The OpenAPI document, and the AsyncAPI document of a service that publishes."""
    made = {f"{service.name}/openapi.json": text_of(openapi(service))}
    if service.aggregates:
        made[f"{service.name}/asyncapi.json"] = text_of(with_former(asyncapi(service)))
    return made


def check(folder: Path, found: list[Service]) -> list[str]:
    """Every difference between what is committed and what the code says, one sentence each.

    What is no longer as it was published comes first, and alone: nothing can be compared with it.
    """
    if faults := published.faults(folder):
        return faults
    faults = [fault for service in found for fault in events.faults(folder, service)]
    for service in found:
        for name, text in documents(service).items():
            path = folder / name
            if not path.exists() or path.read_bytes() != text:
                faults.append(f"{name} is not what the code says: run `./rapport schemas`.")
    return faults


def write(folder: Path, found: list[Service]) -> list[str]:
    """Publishes what is missing of the events, and makes the documents anew; the names of what changed."""
    missing: dict[str, bytes] = {}
    made: dict[str, bytes] = {}
    for service in found:
        for event in events.events_of(service):
            missing |= _missing(folder, service.name, event)
        made |= documents(service)
    written = _written(folder, missing) + _written(folder, made)
    return sorted(written + _written(folder, {published.LIST: published.publish(folder, missing)}))


def _written(folder: Path, texts: dict[str, bytes]) -> list[str]:
    changed = [name for name, text in texts.items() if not _holds(folder / name, text)]
    for name in changed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(texts[name])
    return changed


def _missing(folder: Path, service: str, event: type[Event]) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    if not (folder / (name := events.schema_file(service, event))).exists():
        made[name] = events.schema_of(service, event)
    if not (folder / (name := events.example_file(service, event))).exists():
        made[name] = events.example_text(event)
    return made


def _holds(path: Path, text: bytes) -> bool:
    return path.exists() and path.read_bytes() == text
