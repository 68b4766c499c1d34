"""Products are listed, and an organisation has one list of value tiers."""

from uuid import UUID

import pytest

from kernel.commands import Rejected
from services.sales import product, value_tiers
from services.sales.commands import ListProduct, SetValueTiers
from tests.services.sales.deciding import NOW, wish

ORG, OTHER = UUID(int=1), UUID(int=2)
MILK = wish(ListProduct, sku="1", name="Milk")


def tiers(*named: tuple[str, str]) -> SetValueTiers:
    rows = [{"name": name, "threshold": threshold} for name, threshold in named]
    return wish(SetValueTiers, currency="EUR", tiers=rows)  # type: ignore[no-any-return]


def test_a_product_listed_again_as_it_is_does_nothing() -> None:
    (listed,) = product.decide(MILK, product.initial(ORG, ORG), NOW)
    assert product.decide(MILK, product.evolve(product.initial(ORG, ORG), listed), NOW) == []  # type: ignore[arg-type]


def test_a_product_is_one_per_organisation_and_number() -> None:
    cheese = wish(ListProduct, sku="2", name="Milk")
    streams = [product.stream_of(org, wished) for org, wished in ((ORG, MILK), (OTHER, MILK), (ORG, cheese))]
    assert len(set(streams)) == 3


def test_an_organisation_has_one_list_of_tiers() -> None:
    assert value_tiers.stream_of(ORG, tiers(("a", "0"))) == value_tiers.stream_of(ORG, tiers(("b", "1")))


def test_setting_the_tiers_in_force_does_nothing() -> None:
    wished = tiers(("silver", "0"), ("gold", "1000"))
    (facts,) = value_tiers.decide(wished, value_tiers.initial(ORG, ORG), NOW)
    assert value_tiers.decide(wished, value_tiers.ValueTiers(in_force=facts), NOW) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wished", "code", "pointer"),
    [
        (tiers(("a", "1"), ("b", "1.00")), "not-ascending", "/tiers/1/threshold"),
        (tiers(("a", "1"), ("a", "2")), "same-name", "/tiers/1/name"),
    ],
)
def test_tiers_ascend_and_have_names_of_their_own(wished: SetValueTiers, code: str, pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        value_tiers.decide(wished, value_tiers.initial(ORG, ORG), NOW)
    assert (refusal.value.code, refusal.value.pointer) == (code, pointer)
