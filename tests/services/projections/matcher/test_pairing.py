"""Whom both sides know, as one pure function of their persons."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lib.identifiers import IdentifierKind
from services.projections.customers.person import KnownBy, Person
from services.projections.matcher.pairing import Compared, Grade, Match, matched

EMAIL, PHONE = IdentifierKind.EMAIL, IdentifierKind.PHONE


def contact(number: int, customer: int, *known: tuple[IdentifierKind, str], closed: bool = False) -> Compared:
    person = Person(
        UUID(int=number), identifiers=tuple(KnownBy(*one, verified=True) for one in known), closed=closed
    )
    return Compared(UUID(int=number), UUID(int=customer), 1, person)


KNOWN = st.tuples(st.sampled_from([EMAIL, PHONE, IdentifierKind.DEVICE]), st.sampled_from("abc"))


@st.composite
def sides(draw: st.DrawFn, first: int) -> list[Compared]:
    return [
        contact(
            first + n,
            first + draw(st.integers(0, 3)),
            *draw(st.sets(KNOWN, max_size=3)),
            closed=draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 5)))
    ]


@given(left=sides(10), right=sides(20), data=st.data())
def test_it_is_the_same_in_any_order_and_from_either_side(
    left: list[Compared], right: list[Compared], data: st.DataObject
):
    found, mirrored = matched(left, right), matched(right, left)
    assert {(one.left.customer_id, one.right.customer_id, one.grade) for one in found.matches} == {
        (one.right.customer_id, one.left.customer_id, one.grade) for one in mirrored.matches
    }
    assert (mirrored.blocked_left, mirrored.blocked_right) == (found.blocked_right, found.blocked_left)
    other = matched(data.draw(st.permutations(left)), data.draw(st.permutations(right)))
    assert (other.blocked_left, other.blocked_right) == (found.blocked_left, found.blocked_right)
    assert sorted(other.matches, key=_of_left) == sorted(found.matches, key=_of_left)


def _of_left(match: Match) -> UUID:
    return match.left.contact_id


@given(left=sides(10), right=sides(20))
def test_a_customer_is_matched_with_the_only_one_that_has_something_in_common_and_else_blocked(
    left: list[Compared], right: list[Compared]
):
    def has(one: Compared) -> set[tuple[IdentifierKind, str]]:
        known = {(k.kind, k.value) for k in one.person.identifiers if k.kind in (EMAIL, PHONE)}
        return set() if one.person.closed else known

    pairs = {(a.customer_id, b.customer_id) for a in left for b in right if has(a) & has(b)}
    alone = {
        (a, b)
        for a, b in pairs
        if sum(one == a for one, _ in pairs) == sum(other == b for _, other in pairs) == 1
    }
    found = matched(left, right)
    assert {(one.left.customer_id, one.right.customer_id) for one in found.matches} == alone
    assert set(found.blocked_left.values()) == {a for a, _ in pairs - alone}
    assert set(found.blocked_right.values()) == {b for _, b in pairs - alone}


def test_a_telephone_alone_opens_nothing_for_a_household_shares_it():
    [phone] = matched([contact(1, 1, (PHONE, "a"))], [contact(2, 2, (PHONE, "a"))]).matches
    [email] = matched([contact(1, 1, (EMAIL, "a"))], [contact(2, 2, (EMAIL, "a"))]).matches
    assert (phone.grade, email.grade) == (Grade.LIKELY, Grade.SHARE)


def test_customers_match_by_the_pair_of_contacts_that_says_most():
    left = [contact(1, 1, (PHONE, "a")), contact(2, 1, (EMAIL, "a"))]
    [found] = matched(left, [contact(3, 3, (PHONE, "a"), (EMAIL, "a"))]).matches
    assert (found.left.contact_id, found.grade, found.evidence) == (UUID(int=2), Grade.SHARE, ("email",))
