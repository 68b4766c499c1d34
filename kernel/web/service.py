"""What a service is, as data: its aggregates, its reactions and its queries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from kernel.web.access import Role

if TYPE_CHECKING:  # a service's wiring must not load what its own process does not run
    from uuid import UUID

    from kernel.aggregate import Aggregate
    from kernel.view.view import View
    from kernel.web.inquiry import Inquiry
    from lib.records import Record

P = TypeVar("P", bound="Record")


@dataclass(frozen=True)
class Query(Generic[P]):
    """One question over HTTP.

    `params` takes the names in the path, and for GET the query string, for POST the body.
    `handler` gets the inquiry (one read-only snapshot of the caller's organisation) and the parameters; what
    it returns is written as JSON, of a Later what it makes; None is the 404 that unknown and foreign ids
    share.
    """

    method: Literal["GET", "POST"]
    path: str
    """With names in braces: /customers/{id}/timeline."""
    roles: frozenset[Role]
    handler: Callable[[Inquiry, P], Awaitable[Any]]
    views: tuple[View[Any], ...]
    """What it reads: the views that a Rapport-Position waits for."""
    params: type[P]
    answer: Any
    """The type of the answer, for OpenAPI."""
    summary: str
    examples: tuple[Mapping[str, Any], ...] = ()
    """Bodies of a POST that are answered as they stand."""
    moment: str | None = None
    """The parameter that names the recorded time up to which the log is asked: `as_of`, say. A query without
    such a parameter answers for now alone, and refuses `as_of`."""
    since: str | None = None
    """The parameter that names an earlier time, for which the same holds where the other is not given."""
    past: tuple[View[Any], ...] = ()
    """What it reads where it is asked for such a time; omitted: the same views."""
    of: tuple[str, ...] = ()
    """The services of whose facts alone such an answer is made; omitted: of all that those views read."""
    refusals: tuple[str, ...] = ()
    """Codes of its own problems, 422 each."""
    owner: Callable[[Inquiry, P], Awaitable[UUID | None]] | None = None
    """For what another organisation shares: which one. The snapshot is then the gate's, which lets nothing
    through but by its functions, and knows what the owner last closed."""
    heads: tuple[str, ...] = ()
    """The services whose facts about the owner can close it."""


@dataclass(frozen=True)
class Service:
    """One service: `services.<name>.app.SERVICE`."""

    name: str
    aggregates: tuple[Aggregate[Any], ...] = ()
    reactions: tuple[Any, ...] = ()
    queries: tuple[Query[Any], ...] = ()
