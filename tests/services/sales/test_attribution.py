"""A purchase becomes the contact's whose identifier it names."""

from services.sales.commands import AttributePurchase, ReturnPurchase
from services.sales.events import PurchaseAttributed, PurchaseRecorded, PurchaseReturned
from tests.services.sales.deciding import ANNA, BERT, CARD, line, recorded, rejected, when, wish

ATTRIBUTE = wish(AttributePurchase, contact_id=str(ANNA))


def test_what_is_attributed_carries_the_basket_and_what_came_back_of_it() -> None:
    given = recorded(line("2", "5.00"), identifier=CARD)
    given += when(wish(ReturnPurchase, lines=[{"number": 1, "quantity": "1"}]), given)
    (fact,) = when(ATTRIBUTE, given)
    bought, returned = given
    assert isinstance(fact, PurchaseAttributed)
    assert isinstance(bought, PurchaseRecorded)
    assert isinstance(returned, PurchaseReturned)
    assert (fact.contact_id, fact.lines, fact.total) == (ANNA, bought.lines, bought.total)
    assert [(one.lines, one.total) for one in fact.returns] == [(returned.lines, returned.total)]


def test_attributing_twice_does_nothing() -> None:
    given = recorded(identifier=CARD)
    assert when(ATTRIBUTE, given + when(ATTRIBUTE, given)) == []


def test_what_comes_back_later_speaks_of_the_contact() -> None:
    given = recorded(identifier=CARD)
    given += when(ATTRIBUTE, given)
    (fact,) = when(wish(ReturnPurchase), given)
    assert fact.subjects() == (ANNA,)


def test_a_purchase_of_one_contact_does_not_become_anothers() -> None:
    with rejected("already-attributed"):
        when(ATTRIBUTE, recorded(contact_id=str(BERT), identifier=CARD))


def test_a_purchase_that_names_no_identifier_stays_nobodys() -> None:
    with rejected("no-identifier"):
        when(ATTRIBUTE, recorded())
