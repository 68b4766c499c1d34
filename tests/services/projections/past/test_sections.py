"""Each section of a page is made of the events that it names, and of no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.log.facts import type_of
from kernel.taking.arrivals import Arrival
from kernel.taking.fact import Fact
from kernel.view.history.past import Past
from services.projections.customers.page.showing import SECTIONS, Customer
from services.projections.customers.past.recalling import FOLDED, Recalled
from services.projections.operations.journal import JOURNAL
from services.projections.shared.identity import CustomerContacts
from tests.generating import CONTACTS, histories

AT = datetime(2025, 6, 1, tzinfo=UTC)
EVERY = sorted({cls for view in FOLDED for cls in view.reads}, key=type_of)


ORDERS = st.lists(st.integers(0, 5), max_size=40)


def as_allowed(fact: Fact[Any]) -> Fact[Any]:
    """A purpose is one word; the page tells it apart from what follows it."""
    if not hasattr(fact.event, "purpose"):
        return fact
    event = replace(fact.event, purpose="marketing")
    return msgspec.structs.replace(fact, event=event)


def test_a_page_has_these_sections() -> None:
    assert tuple(SECTIONS) == Customer.__struct_fields__


@pytest.mark.parametrize("name", [name for name in SECTIONS if name != "customer_id"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_other_events_leave_a_section_as_it_is(name: str, data: st.DataObject) -> None:
    history = data.draw(histories(EVERY, most=12))
    told = [as_allowed(fact) for fact in history.told(data.draw(ORDERS), range(6))]
    own = [fact for fact in told if type(fact.event) in SECTIONS[name].made_of]
    assert shown(name, told) == shown(name, own)


def shown(name: str, facts: list[Fact[Any]]) -> Any:
    arrivals = [
        Arrival(
            fact.service,
            1,
            fact.partition,
            fact.position - 1,
            fact.raw,
            fact.envelope,
            fact.position,
            fact,
            fact,
        )
        for fact in facts
    ]
    past = Past(FOLDED, {})
    past.take(arrivals)
    customer = CustomerContacts(CONTACTS[0], list(CONTACTS[:2]))
    recalled = Recalled(customer, CONTACTS[2:], arrivals, past, AT, AT.date())
    return SECTIONS[name].show(recalled.known())


def test_whatever_a_page_is_made_of_is_in_the_journal_under_its_contacts() -> None:
    assert set(EVERY) <= set(JOURNAL.reads)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_rows_that_an_event_changes_are_those_of_its_subjects(data: st.DataObject) -> None:
    for fact in data.draw(histories(EVERY)).told([], [0] * 6):
        under = {key[0] for key in JOURNAL.keys(fact)}
        for view in FOLDED:
            if fact.envelope.type in view.types:
                assert {key[0] for key in view.keys(fact)} <= under
