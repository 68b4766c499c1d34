"""What a cell does not show is left out of its fold, and makes no difference to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.taking.arrivals import Arrival
from kernel.taking.fact import Fact
from kernel.view.history.past import Past
from services.projections.customers.customer_360 import CUSTOMER_360
from services.projections.customers.page.showing import SECTIONS
from services.projections.customers.past import cells
from services.projections.customers.past.narrowing import folded_for
from services.projections.customers.past.recalling import FOLDED, Recalled
from services.projections.shared.identity import CustomerContacts
from tests.generating import CONTACTS, histories
from tests.services.projections.past.test_sections import AT, ORDERS

CUSTOMER = CustomerContacts(CONTACTS[0], list(CONTACTS[:2]))


def arrival(fact: Fact[Any]) -> Arrival:
    before = fact.position - 1
    return Arrival(
        fact.service, 1, fact.partition, before, fact.raw, fact.envelope, fact.position, fact, fact
    )


def recalled(past: Past, arrivals: list[Arrival]) -> Recalled:
    return Recalled(CUSTOMER, (), arrivals, past, AT, AT.date())


@pytest.mark.parametrize("name", ["purchases", "value_tier"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_each_cell_is_what_it_is_on_the_whole_page(name: str, data: st.DataObject) -> None:
    history = data.draw(histories(list(SECTIONS[name].made_of), most=12))
    arrivals = [arrival(fact) for fact in history.told(data.draw(ORDERS), range(6))]
    whole = Past(FOLDED, {})
    whole.take(arrivals)
    page = cells.section(name, SECTIONS[name].show(recalled(whole, arrivals).known()))
    for path, value in cells.cells(name, page):
        narrow = Past(folded_for(name, path[1:], AT.date()), {})
        narrow.take(arrivals)
        shown = cells.section(name, SECTIONS[name].show(recalled(narrow, arrivals).known()))
        assert cells.at(shown, path[1:]) == value


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_a_sum_is_folded_without_months_categories_and_brands(data: st.DataObject) -> None:
    history = data.draw(histories(list(SECTIONS["purchases"].made_of), most=12))
    past = Past(folded_for("purchases", ("EUR", "net", "amount"), AT.date()), {})
    past.take([arrival(fact) for fact in history.told(data.draw(ORDERS), range(6))])
    for row in past.every(CUSTOMER_360).values():
        assert row.spending.value.keys() <= {"EUR"}
        for spending in row.spending.value.values():
            assert (spending.months, spending.categories, spending.brands) == ({}, {}, {})
