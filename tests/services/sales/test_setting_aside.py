"""However many purchases wait for an identifier, each is attributed once it is known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.taking.fact import Fact
from services.sales import reactions, waiting
from services.sales.commands import CallPurchasesUp, SetPurchasesAside
from services.sales.events import PurchaseRecorded
from tests.services.sales.deciding import ANNA, BERT, NOW, wish
from tests.services.sales.deciding import CARD as DIGEST
from tests.services.sales.reacting import CARD, OTHER, Taken, added, bought, digest, issued, removed

AT_ONCE = 2


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Purchases are set aside two at a time."""
    monkeypatch.setattr(reactions, "MOST_SET_ASIDE", AT_ONCE)


@pytest.mark.parametrize("soon", [True, False])
@pytest.mark.parametrize("number", range(9))
def test_any_number_of_purchases_may_wait(number: int, soon: bool, few_at_once: None) -> None:
    facts = [*map(bought, range(number)), added(ANNA), bought(100)]
    expected = [(one.envelope.stream_id, ANNA) for one in facts if isinstance(one.event, PurchaseRecorded)]
    assert sorted(issued(facts, soon)) == sorted(expected)


@pytest.mark.parametrize("soon", [True, False])
def test_who_has_the_identifier_next_gets_only_what_waits_since(soon: bool, few_at_once: None) -> None:
    annas, berts = [bought(n) for n in range(7)], [bought(n) for n in range(7, 12)]
    owners = dict(issued([*annas, added(ANNA), removed(ANNA), *berts, added(BERT, second=2)], soon))
    assert owners == {one.envelope.stream_id: ANNA for one in annas} | {
        one.envelope.stream_id: BERT for one in berts
    }


def test_who_has_the_identifier_next_calls_nobody_elses_purchases_up(few_at_once: None) -> None:
    taken = Taken()
    for one in (*map(bought, range(AT_ONCE)), added(ANNA), removed(ANNA)):
        taken.take(one)
    assert not taken.take(added(BERT, second=2))


def test_what_is_remembered_of_an_identifier_does_not_grow_with_what_waits(few_at_once: None) -> None:
    taken = Taken()
    for number in range(100):
        for command, stream_id in taken.take(bought(number)):
            assert not taken.take(taken.carry_out(command, stream_id)[0])
    (known,) = taken.memories.values()
    assert len(known.waiting) < AT_ONCE
    assert max(len(event.purchases) for (event,) in taken.streams.values()) == AT_ONCE  # type: ignore[attr-defined]


FACTS = [added(ANNA), added(BERT, OTHER), *map(bought, range(6)), *(bought(n, OTHER) for n in range(6, 9))]


@given(st.permutations(FACTS), st.booleans())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_every_order_each_purchase_is_attributed_once(
    few_at_once: None, facts: list[Fact[Any]], soon: bool
) -> None:
    owners = {digest("loyalty-card", CARD): ANNA, digest("loyalty-card", OTHER): BERT}
    expected = {
        one.envelope.stream_id: owners[one.event.identifier.digest]
        for one in FACTS
        if isinstance(one.event, PurchaseRecorded) and one.event.identifier
    }
    found = issued(facts, soon)
    assert len(found) == len(expected)
    assert dict(found) == expected


ASIDE = wish(SetPurchasesAside, identifier=DIGEST, purchases=[ANNA, BERT])
UP = wish(CallPurchasesUp, contact_id=ANNA)
NONE = waiting.initial(ANNA, ANNA)


def test_what_was_set_aside_or_called_up_is_not_so_again() -> None:
    (set_aside,) = waiting.decide(ASIDE, NONE, NOW)
    kept = waiting.evolve(NONE, set_aside)  # type: ignore[arg-type]
    assert waiting.decide(ASIDE, kept, NOW) == []
    (called_up,) = waiting.decide(UP, kept, NOW)
    assert waiting.decide(UP, waiting.evolve(kept, called_up), NOW) == []  # type: ignore[arg-type]
