"""Given what two sides have said, when one of them wishes: what is decided about their agreement."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from kernel.commands import Command
from kernel.log.facts import Event
from kernel.log.store.append import StreamRef
from services.partners import agreement
from services.partners.agreement import Agreement
from services.partners.commands import TERMS, ProposeAgreement, SignAgreement
from services.partners.events.organisation import OrganisationKind
from services.partners.events.terms import Terms
from services.partners.organisation import Organisation
from services.partners.text import digest

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SHOP, MAKER = UUID(int=1), UUID(int=2)
ID = UUID(int=9)
LISTED = Organisation("Maker", OrganisationKind.MANUFACTURER, listed=True)


def terms(**changed: Any) -> Terms:
    """The example's text with other members."""
    return TypeAdapter(Terms).validate_python({**TERMS, **changed})


def giving(**changed: Any) -> Terms:
    """The example's text with other members of what the proposer gives."""
    return terms(proposer_gives={**TERMS["proposer_gives"], **changed})  # type: ignore[dict-item]


def state(given: Iterable[Event], who: UUID) -> Agreement:
    """The agreement as this side holds it."""
    return reduce(agreement.evolve, given, Agreement(who, ID))  # type: ignore[arg-type]


def decided(
    command: Command, given: Iterable[Event], who: UUID, counterpart: Organisation | None = LISTED
) -> Mapping[StreamRef, list[Event]]:
    """What it makes of the streams of both sides."""
    known: dict[StreamRef, Any] = {ID: state(given, who)}
    if counterpart is not None:
        known[MAKER, MAKER] = counterpart
    return agreement.decide_many(command, ID, known, NOW)


def when(command: Command, given: Iterable[Event] = (), who: UUID = SHOP, **more: Any) -> list[Event]:
    """The same, when both get the same facts."""
    made = decided(command, given, who, **more)
    if not made:
        return []
    other = MAKER if who == SHOP else SHOP
    assert made == {ID: made[ID], (other, ID): made[ID]}
    return made[ID]


def proposed(text: Terms | None = None) -> list[Event]:
    return when(ProposeAgreement(counterpart_id=MAKER, terms=text or terms()))


def signing(version: int = 1, text: Terms | None = None) -> SignAgreement:
    return SignAgreement(text_version=version, digest=digest(version, text or terms()))


def in_force(text: Terms | None = None) -> list[Event]:
    """Both have signed the first text."""
    given = proposed(text)
    for who in (MAKER, SHOP):
        given = [*given, *when(signing(text=text), given, who)]
    return given


def ending(text: Terms, at: datetime) -> Terms:
    return replace(text, ends_at=at)
