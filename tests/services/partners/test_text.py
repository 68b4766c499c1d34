"""Texts that contradict themselves, and texts that give less than others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.partners.events.terms import SharedField
from services.partners.text import digest, narrower
from tests.services.partners.deciding import giving, proposed, terms
from tests.services.sales.deciding import rejected

BY_CATEGORY = {"field": "purchases.category", "values": ["FRUIT", "NUTS"], "months": 6}


@pytest.mark.parametrize(
    ("condition", "code", "at"),
    [
        ({"field": "profile.country", "values": ["AT"]}, "population-unshared", "field"),
        ({"field": "value.tier", "values": ["gold"]}, "population-unshared", "field"),
        ({"field": "purchases.category", "values": ["FRUIT"], "months": 13}, "beyond-depth", "months"),
        ({"field": "purchases.category", "values": ["FRUIT"]}, "population-unfit", "months"),
        ({"field": "profile.city", "values": ["Graz"], "months": 1}, "population-unfit", "months"),
    ],
)
def test_a_population_tells_nothing_that_is_not_shared(condition, code, at):
    with rejected(code, f"/terms/proposer_gives/population/0/{at}"):
        proposed(giving(population=[condition]))


def test_a_population_of_products_is_none():
    with rejected("population-unfit", "/terms/proposer_gives/population/0/field"):
        proposed(
            giving(
                fields=["purchases.product"],
                population=[{"field": "purchases.product", "values": ["4711"], "months": 1}],
            )
        )


def test_a_tier_looks_a_year_back_and_so_does_the_depth():
    with rejected("beyond-depth", "/terms/proposer_gives/depth_months"):
        proposed(giving(fields=["value.tier"], population=[], depth_months=11))
    assert proposed(giving(fields=["value.tier"], population=[], depth_months=12))


def test_one_tier_is_the_lowest_that_is_shared():
    with rejected("population-unfit", "/terms/proposer_gives/population/0/values"):
        tiers = {"field": "value.tier", "values": ["gold", "silver"]}
        proposed(giving(fields=["value.tier"], population=[tiers]))


def test_equal_texts_have_one_digest_however_they_are_written():
    one = giving(fields=["profile.city", "purchases.category", "purchases.brand", "profile.city"])
    assert digest(1, one) == digest(
        1, giving(fields=["purchases.brand", "purchases.category", "profile.city"])
    )
    assert digest(1, one) != digest(2, one)
    assert digest(1, one) != digest(1, giving(retention_days=1))


GIVES = {"fields": list(SharedField), "population": [BY_CATEGORY]}
LESS = [
    {"fields": ["purchases.category"]},
    {"purposes": ["assortment"]},
    {"population": [BY_CATEGORY, {"field": "profile.city", "values": ["Graz"]}]},
    {"population": [BY_CATEGORY | {"values": ["NUTS"]}]},
    {"population": [BY_CATEGORY | {"months": 5}]},
    {"depth_months": 11},
    {"retention_days": 89},
    {"notice_version": 4},
    {"manufacturers": []},
]
FULL = {"purposes": ["assortment", "service"], **GIVES}


@pytest.mark.parametrize("less", LESS)
def test_each_member_can_be_narrowed_and_not_widened(less):
    one, other = giving(**FULL | less), giving(**FULL)
    assert narrower(one, other)
    assert not narrower(other, one)


@pytest.mark.parametrize(
    "less",
    [
        {"group_size": 11},
        {"most_matches_a_day": 9_999},
        {"ends_at": "2099-12-31T22:59:59Z"},
        {"ends_at": "2100-01-01T00:00:00+02:00"},
        {"proposer_gives": None},
    ],
)
def test_so_can_the_rest_of_the_text(less):
    assert narrower(terms(**less), terms())
    assert not narrower(terms(), terms(**less))


def test_the_same_instant_in_another_zone_is_no_change():
    same = terms(ends_at="2100-01-01T01:00:00+02:00")
    assert narrower(same, terms())
    assert narrower(terms(), same)


some_less = st.lists(st.sampled_from(LESS), max_size=4).map(
    lambda chosen: {key: value for one in chosen for key, value in one.items()}
)


@given(some_less, some_less, some_less)
def test_narrower_is_an_order(one, two, three):
    a, b, c = [giving(**FULL | less) for less in (one, two, three)]
    assert narrower(a, a)
    if narrower(a, b) and narrower(b, c):
        assert narrower(a, c)
