"""How agreements are decided: one text of two organisations, each with a stream of the same facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from kernel.commands import Command, Outdated, Rejected
from kernel.log.facts import Event
from kernel.log.store.append import StreamRef
from services.partners.commands import (
    CounterAgreement,
    EndAgreement,
    NarrowAgreement,
    ProposeAgreement,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from services.partners.events import (
    AgreementCountered,
    AgreementEnded,
    AgreementEvent,
    AgreementNarrowed,
    AgreementProposed,
    AgreementResumed,
    AgreementSigned,
    AgreementSuspended,
    AgreementTookEffect,
)
from services.partners.events.terms import Terms
from services.partners.organisation import Organisation
from services.partners.text import check, digest, narrower


@dataclass(frozen=True, slots=True)
class Text:
    """One version of the terms, and who signed it."""

    version: int
    terms: Terms
    digest: str
    signed: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement, as one of its two sides holds it."""

    org_id: UUID
    agreement_id: UUID
    sides: tuple[UUID, ...] = ()
    """The proposer and its counterpart."""
    last: int = 0
    """The version of the latest text."""
    open: Text | None = None
    """What waits for signatures."""
    in_force: Text | None = None
    suspended_by: frozenset[UUID] = field(default=frozenset())
    ended: bool = False

    @property
    def counterpart(self) -> UUID:
        """The other side."""
        (other,) = (side for side in self.sides if side != self.org_id)
        return other


def evolve(agreement: Agreement, event: AgreementEvent) -> Agreement:
    match event:
        case AgreementProposed():
            sides = (event.proposer_id, event.counterpart_id)
            return replace(agreement, sides=sides, last=1, open=Text(1, event.terms, event.digest))
        case AgreementCountered():
            text = Text(event.text_version, event.terms, event.digest)
            return replace(agreement, last=text.version, open=text)
        case AgreementSigned():
            assert agreement.open is not None
            signed = replace(agreement.open, signed=agreement.open.signed | {event.by})
            return replace(agreement, open=signed)
        case AgreementTookEffect():
            return replace(agreement, open=None, in_force=Text(event.text_version, event.terms, event.digest))
        case AgreementNarrowed():
            text = Text(event.text_version, event.terms, event.digest)
            return replace(agreement, last=text.version, open=None, in_force=text)
        case AgreementSuspended():
            return replace(agreement, suspended_by=agreement.suspended_by | {event.by})
        case AgreementResumed():
            return replace(agreement, suspended_by=agreement.suspended_by - {event.by})
        case AgreementEnded():
            return replace(agreement, ended=True, open=None, in_force=None)
        case _:
            assert_never(event)


def gates(event: AgreementEvent) -> bool:
    """Whatever changes what is shared, or whether."""
    return not isinstance(event, AgreementProposed | AgreementCountered | AgreementSigned)


def touches(command: Command, target: UUID, known: Mapping[StreamRef, Any]) -> set[StreamRef]:
    """The agreement on both sides; for a new one, what the counterpart says of itself."""
    if isinstance(command, ProposeAgreement):
        return {target, (command.counterpart_id, command.counterpart_id)}
    agreement: Agreement | None = known.get(target)
    return {target} if agreement is None else {target, (agreement.counterpart, target)}


def decide_many(
    command: Command, target: UUID, known: Mapping[StreamRef, Any], now: datetime
) -> Mapping[StreamRef, list[Event]]:
    """The same facts for both sides; raises Rejected."""
    agreement: Agreement = known[target]
    match command:
        case ProposeAgreement(counterpart_id=other):
            events = propose(command, agreement, known.get((other, other)), now)
        case _:
            other = agreement.counterpart
            events = decide(command, agreement, now)
    return {target: events, (other, target): events} if events else {}


def decide(command: Command, agreement: Agreement, now: datetime) -> list[Event]:
    if agreement.ended:
        raise Rejected("agreement-ended", "This agreement has ended: propose a new one.")
    match command:
        case CounterAgreement():
            return counter(command, agreement, now)
        case SignAgreement():
            return sign(command, agreement, now)
        case NarrowAgreement():
            return narrow(command, agreement, now)
        case SuspendAgreement():
            return suspend(command, agreement)
        case ResumeAgreement():
            return resume(agreement)
        case EndAgreement():
            return [AgreementEnded(by=agreement.org_id, reason=command.reason)]
        case _:
            raise AssertionError(command)


def propose(
    command: ProposeAgreement, agreement: Agreement, counterpart: Organisation | None, now: datetime
) -> list[Event]:
    if command.counterpart_id == agreement.org_id:
        raise Rejected("with-itself", "An agreement has two sides.", "/counterpart_id")
    if not isinstance(counterpart, Organisation) or not counterpart.listed:
        raise Rejected("organisation-unknown", "No such organisation is listed.", "/counterpart_id")
    check(command.terms, now)
    return [
        AgreementProposed(
            proposer_id=agreement.org_id,
            counterpart_id=command.counterpart_id,
            terms=command.terms,
            digest=digest(1, command.terms),
        )
    ]


def counter(command: CounterAgreement, agreement: Agreement, now: datetime) -> list[Event]:
    latest = agreement.open or agreement.in_force
    if latest is not None and command.terms == latest.terms:
        return []
    check(command.terms, now)
    version = agreement.last + 1
    return [
        AgreementCountered(
            by=agreement.org_id,
            text_version=version,
            terms=command.terms,
            digest=digest(version, command.terms),
        )
    ]


def sign(command: SignAgreement, agreement: Agreement, now: datetime) -> list[Event]:
    text = agreement.open
    if text is None or (command.text_version, command.digest) != (text.version, text.digest):
        raise Outdated("text-outdated", "Another text waits for signatures, or none: read it again.")
    if agreement.org_id in text.signed:
        raise Outdated("already-signed", "This side has signed this text.")
    check(text.terms, now)
    signed = AgreementSigned(by=agreement.org_id, text_version=text.version, digest=text.digest)
    if agreement.counterpart not in text.signed:
        return [signed]
    return [
        signed,
        AgreementTookEffect(text_version=text.version, terms=text.terms, digest=text.digest),
    ]


def narrow(command: NarrowAgreement, agreement: Agreement, now: datetime) -> list[Event]:
    if agreement.in_force is None:
        raise Rejected("not-in-force", "No text is in force yet: counter it.")
    if command.terms == agreement.in_force.terms:
        return []
    if not narrower(command.terms, agreement.in_force.terms):
        raise Rejected("not-narrower", "Whatever gives more needs both signatures: counter it.", "/terms")
    check(command.terms, now)
    version = agreement.last + 1
    return [
        AgreementNarrowed(
            by=agreement.org_id,
            text_version=version,
            terms=command.terms,
            digest=digest(version, command.terms),
        )
    ]


def suspend(command: SuspendAgreement, agreement: Agreement) -> list[Event]:
    if agreement.org_id in agreement.suspended_by:
        return []
    return [AgreementSuspended(by=agreement.org_id, reason=command.reason)]


def resume(agreement: Agreement) -> list[Event]:
    if agreement.org_id in agreement.suspended_by:
        return [AgreementResumed(by=agreement.org_id)]
    return []
