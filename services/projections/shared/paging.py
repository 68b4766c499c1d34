"""Pages of a list: each begins after the last place of the one before, and belongs to its own question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import Field

from kernel.web.inquiry import Inquiry
from kernel.web.problems import Problem
from lib.records import Record

T = TypeVar("T")


class Listing(Record):
    """What asks for one page of a list."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None
    """What the page before gave; omitted: the first page."""


def paged(
    inquiry: Inquiry, question: Listing, found: Sequence[T], place: Callable[[T], Any]
) -> tuple[Sequence[T], str | None]:
    """The page, and where the next one begins; of `found`, which is one more than asked if there is more."""
    if len(found) <= question.limit:
        return found, None
    shown = found[: question.limit]
    return shown, inquiry.cursor([_fingerprint(question), place(shown[-1])])


def after(inquiry: Inquiry, question: Listing, kind: Any) -> Any:
    """The place, of this kind, that the question's cursor names; 400 `bad-cursor` for any other's cursor."""
    if question.cursor is None:
        return None
    fingerprint, place = inquiry.after(question.cursor, tuple[str, kind])
    if fingerprint != _fingerprint(question):
        raise Problem("bad-cursor", "A cursor goes on with the question that it was an answer to.")
    return place


def _fingerprint(question: Listing) -> str:
    bare = msgspec.json.encode(replace(question, cursor=None, limit=1))
    return blake2b(bare, digest_size=8).hexdigest()
