"""Facts about agreements of two organisations.

They stand in a stream of each of both, under one id and at the same versions; `by` says whose word it was.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from kernel.log.facts import Event
from lib.texts import Text
from services.partners.events.terms import Terms

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", examples=["0" * 64])]
"""SHA-256 of the exact text."""
TextVersion = Annotated[int, Field(ge=1, le=1_000_000)]
Reason = Annotated[Text, Field(examples=["We look for a new processor."])]


class AgreementProposed(Event):
    """The first text, version 1."""

    proposer_id: UUID
    counterpart_id: UUID
    terms: Terms
    digest: Digest


class AgreementCountered(Event):
    """Another text, which nobody has signed yet. What is in force stays so until both have signed this."""

    by: UUID
    text_version: TextVersion
    terms: Terms
    digest: Digest


class AgreementSigned(Event):
    by: UUID
    text_version: TextVersion
    digest: Digest


class AgreementTookEffect(Event):
    """Both have signed this text: it is in force, in the place of any other."""

    text_version: TextVersion
    terms: Terms
    digest: Digest


class AgreementNarrowed(Event):
    """One side made it narrower, on its own: this text is in force from now on, and none waits any more."""

    by: UUID
    text_version: TextVersion
    terms: Terms
    digest: Digest


class AgreementSuspended(Event):
    """Nothing is shared until the same side resumes it."""

    by: UUID
    reason: Reason | None = None


class AgreementResumed(Event):
    by: UUID


class AgreementEnded(Event):
    """For good."""

    by: UUID
    reason: Reason | None = None


AgreementEvent = (
    AgreementProposed
    | AgreementCountered
    | AgreementSigned
    | AgreementTookEffect
    | AgreementNarrowed
    | AgreementSuspended
    | AgreementResumed
    | AgreementEnded
)
