"""The types of a service's events, as an operator may name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module

from kernel.aggregate import classes_of
from kernel.log.facts import Event, type_of
from ops.errors import CannotRun


def types_of(service: str) -> Mapping[str, type[Event]]:
    """By the type as it travels."""
    return {type_of(cls): cls for cls in classes_of(Event, import_module(f"services.{service}.events"))}


def require_known(asked: Iterable[str], service: str) -> None:
    """Raises CannotRun where no event of the service can be of a type."""
    known = {name: cls.__name__ for name, cls in types_of(service).items()}
    for one in sorted(asked):
        if one not in known and one not in known.values():
            near = get_close_matches(one.rpartition(".")[2], known.values(), n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(known.values()))}."
            raise CannotRun(f"{service} has no events of the type {one}: {hint}")
