"""The table of routes: from a method and a path to an endpoint, in a few dictionary look-ups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from kernel.web.wire.exchange import Request, Response

Endpoint = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """A method, a path with names in braces, and who answers."""

    method: str
    path: str
    endpoint: Endpoint


class _Node:
    """One place in the tree of path segments; a name matches what no literal does."""

    __slots__ = ("literal", "methods", "name", "path")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.name: _Node | None = None
        self.methods: dict[str, Endpoint] = {}
        self.path = ""


class Found(NamedTuple):
    """What lies at a path: its methods, the values of its names in order, the path with those names."""

    methods: dict[str, Endpoint]
    values: tuple[str, ...]
    path: str


class Table:
    """The routes of one process; ValueError where two claim one place."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            place = self._place(route.path)
            if route.method in place.methods:
                raise ValueError(f"two routes for {route.method} {route.path}")
            place.methods[route.method] = route.endpoint
            place.path = route.path

    def _place(self, path: str) -> _Node:
        node = self._root
        for segment in path[1:].split("/"):
            if segment.startswith("{"):
                node.name = node = node.name or _Node()
            else:
                node = node.literal.setdefault(segment, _Node())
        return node

    def find(self, path: str) -> Found | None:
        """What lies at `path`, or None."""
        node: _Node | None = self._root
        values: list[str] = []
        for segment in path[1:].split("/"):
            literal = node.literal.get(segment)  # type: ignore[union-attr]  # None ends the loop
            if literal is not None:
                node = literal
                continue
            values.append(segment)
            node = node.name  # type: ignore[union-attr]
            if node is None:
                return None
        if node is None or not node.methods:
            return None
        return Found(node.methods, tuple(values), node.path)
