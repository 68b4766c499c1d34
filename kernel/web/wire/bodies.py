"""From the bytes of a body to a validated record; whatever is wrong is a problem with a pointer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from kernel.web.problems import Problem
from kernel.web.wire.sentences import sentence

MOST_ERRORS = 20
"""Errors of one body that an answer lists."""

T = TypeVar("T")

_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_NUL = b"\\u0000"
_TWICE = object()
_UNREADABLE = {
    "depth": "The body is nested too deeply",
    "infinity": "A number is too large",
    "surrogate": "A text holds half a surrogate pair",
}
"""What is wrong with JSON that others may read, by a word of the parser's."""


def parse(raw: bytes) -> Any:
    """The JSON value; 400 for bad syntax or UTF-8, NaN, lone surrogates, repeated names and deep nesting."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        what = next((what for word, what in _UNREADABLE.items() if word in error.msg), "This is no JSON")
        sentence = f"{what}: see line {error.lineno}, column {error.colno}."
        raise Problem("malformed-body", sentence) from error
    if _may_repeat(raw, value):
        _refuse_repeats(raw)
    return value


def _may_repeat(raw: bytes, value: Any) -> bool:
    """The parser keeps the last of equal names, so that colons are lost; only escaped ones hide it."""
    try:
        return b"\\u003" in raw or raw.count(b":") != orjson.dumps(value).count(b":")
    except TypeError:  # nested more deeply than can be written
        return True


def _refuse_repeats(raw: bytes) -> None:
    """400 for a name that stands twice in one object; ten times as slow as the parser that cannot tell."""
    try:
        value = json.loads(raw, object_pairs_hook=_marked)
    except RecursionError as error:
        raise Problem("malformed-body", "The body is nested too deeply.", pointer="") from error
    for pointer, leaf in _leaves(value, ""):
        if leaf is _TWICE:
            raise Problem("malformed-body", "A name may stand in an object once.", pointer=pointer)


def _marked(members: list[tuple[str, Any]]) -> dict[str, Any]:
    names = Counter(name for name, _ in members)
    return {name: _TWICE if names[name] > 1 else value for name, value in members}


def canonical(value: Any, at: str = "") -> bytes:
    """The same JSON for the same value; 422 for what no record may hold: NUL, integers past 53 bits."""
    try:
        text = orjson.dumps(value, option=_CANONICAL)
    except TypeError as error:
        raise _unwritable(value, error, at) from error
    if _NUL in text:
        for pointer, leaf in _leaves(value, at):
            if isinstance(leaf, str) and "\0" in leaf:
                raise Problem("invalid", "A text may not hold a NUL character.", pointer=pointer)
    return text


def _unwritable(value: Any, error: TypeError, at: str) -> Problem:
    if "ecursion" in str(error):
        return Problem("malformed-body", "The body is nested too deeply.", pointer=at)
    for pointer, leaf in _leaves(value, at):
        if isinstance(leaf, int) and abs(leaf) >= 2**53:
            return Problem("invalid", "A whole number may have 53 bits.", pointer=pointer)
    return Problem("malformed-body", "The body holds what JSON cannot say.", pointer=at)


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """Every scalar and every name with its JSON pointer; without recursion, however deep it is."""
    waiting = [(at, value)]
    while waiting:
        pointer, item = waiting.pop()
        if isinstance(item, dict):
            for name, inner in item.items():
                waiting.append((f"{pointer}/{escaped(name)}", inner))
                yield pointer, name
        elif isinstance(item, list):
            waiting.extend((f"{pointer}/{index}", inner) for index, inner in enumerate(item))
        else:
            yield pointer, item


def escaped(name: str) -> str:
    """A name as a JSON pointer writes it (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def adapter(kind: Any) -> TypeAdapter[Any]:
    """The validator of a type, made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def validated(kind: type[T], text: bytes, context: dict[str, Any] | None = None, at: str = "") -> T:
    """The record in canonical JSON, strictly by its schema: "5" is no number. `at` begins every pointer."""
    try:
        record: T = adapter(kind).validate_json(text, strict=True, context=context)
    except ValidationError as error:
        raise invalid(error, orjson.loads(text), at) from error
    return record


def validated_texts(kind: type[T], texts: dict[str, str]) -> T:
    """The record whose fields come as texts, from a path and a query string."""
    try:
        record: T = adapter(kind).validate_strings(texts, strict=True)
    except ValidationError as error:
        raise invalid(error, texts, "") from error
    return record


def invalid(error: ValidationError, value: Any, at: str) -> Problem:
    """422 that points to the first wrong field and lists the others; never with a value."""
    found = error.errors(include_input=False, include_url=False)[:MOST_ERRORS]
    errors = [{"pointer": at + _pointer(each["loc"], value), "detail": sentence(each)} for each in found]
    members = {"errors": errors} if len(errors) > 1 else {}
    return Problem("invalid", errors[0]["detail"], pointer=errors[0]["pointer"], members=members)


def _pointer(location: tuple[int | str, ...], value: Any) -> str:
    """The place of an error in the value: pydantic also names the branches of unions, which are no places."""
    pointer = ""
    for index, step in enumerate(location):
        if isinstance(value, dict) and (step in value or index == len(location) - 1):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        pointer += f"/{escaped(str(step))}"
    return pointer
