"""A customer's page: what all its contacts said, bought and allow, together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.view import reading
from lib.identifiers import IdentifierDigest, IdentifierKind
from services.contacts import commands
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.preferences import Frequency
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Channel, ContactKind, Name
from services.projections.customers import relations
from services.projections.customers.customer_360 import CUSTOMER_360, Channels
from services.projections.customers.page.query import CUSTOMER
from services.projections.customers.page.showing import Customer
from services.projections.customers.purchases import Amount
from services.sales.commands import AttributePurchase, RecordPurchase, ReturnPurchase, SetValueTiers
from services.sales.events import PurchaseLine, ValueTier
from tests.services.projections.desk import Desk

CARD = IdentifierDigest(kind=IdentifierKind.LOYALTY_CARD, digest="0" * 32)


def person(name: str = "Anna", **more: Any) -> commands.RegisterContact:
    return commands.RegisterContact(kind=ContactKind.PERSON, name=Name(given=name), **more)


def basket(at: str, *amounts: str, contact: UUID | None = None, category: str = "FRUIT") -> RecordPurchase:
    lines = tuple(
        PurchaseLine(
            sku=str(n), brand=f"Brand {n}", category=category, quantity=Decimal(1), amount=Decimal(amount)
        )
        for n, amount in enumerate(amounts)
    )
    return RecordPurchase(
        contact_id=contact,
        currency="EUR",
        purchased_at=datetime.fromisoformat(at).replace(tzinfo=UTC),
        store="367",
        lines=lines,
    )


def eur(amount: str) -> Amount:
    return Amount(Decimal(amount), "EUR")


async def page(desk: Desk, contact: UUID, **params: Any) -> Customer:
    found: Customer = await desk.ask(CUSTOMER, id=contact, **params)
    return found


async def test_a_new_customers_page_is_empty_but_for_its_contact(desk: Desk) -> None:
    found = await page(desk, await desk.say(person()))
    assert (found.consents, found.relations, found.purchases, found.value_tier) == ((), (), (), None)
    assert (found.interactions.count, found.interactions.recent) == (0, ())
    assert all(getattr(found.preferences, name) is None for name in found.preferences.__struct_fields__)


async def test_preferences_are_what_was_said_last_by_any_of_its_contacts(desk: Desk) -> None:
    one, other = await desk.say(person()), await desk.say(person())
    await desk.say(commands.PreferFrequency(frequency=Frequency.DAILY), one)
    await desk.say(commands.PreferChannels(preferred=(Channel.CALL,), avoided=(Channel.FAX,)), one)
    await desk.say(commands.PreferFrequency(frequency=Frequency.NEVER), other)
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), one)
    preferences = (await page(desk, one)).preferences
    assert preferences.frequency is Frequency.NEVER
    assert preferences.channels == Channels((Channel.CALL,), (Channel.FAX,))
    assert preferences.language is None


def consent(channel: ConsentChannel) -> commands.GiveConsent:
    return commands.GiveConsent(
        purpose="marketing",
        channel=channel,
        basis=LawfulBasis.CONSENT,
        notice_version=3,
        method=ConsentMethod.PAPER,
    )


def refusal(channel: ConsentChannel) -> commands.WithdrawConsent:
    return commands.WithdrawConsent(purpose="marketing", channel=channel, method=ConsentMethod.CALL)


async def test_a_consent_of_one_contact_ends_when_another_of_the_customer_refuses(desk: Desk) -> None:
    one, other = await desk.say(person()), await desk.say(person())
    await desk.say(consent(ConsentChannel.MAIL), one)
    await desk.say(consent(ConsentChannel.CALL), one)
    await desk.say(refusal(ConsentChannel.MAIL), other)
    before = {each.channel: each.status for each in (await page(desk, one)).consents}
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), one)
    after = {each.channel: each.status for each in (await page(desk, one)).consents}
    assert before == {ConsentChannel.MAIL: "given", ConsentChannel.CALL: "given"}
    assert after == {ConsentChannel.MAIL: "withdrawn", ConsentChannel.CALL: "given"}


async def test_a_consent_that_is_given_again_holds_whatever_was_said_before(desk: Desk) -> None:
    anna = await desk.say(person())
    mail = consent(ConsentChannel.MAIL)
    imported = replace(mail, given_at=datetime(2020, 1, 1, tzinfo=UTC))
    statuses = []
    for wish in (mail, refusal(ConsentChannel.MAIL), imported, mail):
        await desk.say(wish, anna)
        statuses += [one.status for one in (await page(desk, anna)).consents]
    assert statuses == ["given", "withdrawn", "withdrawn", "given"]


async def test_a_refusal_ends_a_consent_that_another_contact_gave_later(desk: Desk) -> None:
    one, other = await desk.say(person()), await desk.say(person())
    for wish, contact in (
        (refusal(ConsentChannel.MAIL), one),
        (consent(ConsentChannel.MAIL), other),
        (commands.MergeContact(other_id=other, merge_id=uuid4()), one),
        (refusal(ConsentChannel.MAIL), one),
    ):
        await desk.say(wish, contact)
    assert [each.status for each in (await page(desk, one)).consents] == ["withdrawn"]


async def test_a_consent_dated_in_the_future_does_not_outlast_a_refusal(desk: Desk) -> None:
    anna = await desk.say(person())
    await desk.say(consent(ConsentChannel.MAIL), anna, imported_at=datetime(2097, 1, 1, tzinfo=UTC))
    await desk.say(refusal(ConsentChannel.MAIL), anna)
    assert [each.status for each in (await page(desk, anna)).consents] == ["withdrawn"]


async def test_a_relation_shows_at_both_ends_by_what_the_other_is_called_now(desk: Desk) -> None:
    anna = await desk.say(person())
    name = Name(company="Gruber & Söhne")
    company = await desk.say(commands.RegisterContact(kind=ContactKind.COMPANY, name=name))
    await desk.say(commands.AddRelation(kind=RelationKind.WORKS_FOR, other_id=company), anna)
    await desk.say(commands.CorrectName(name=Name(given="Anne")), anna)
    (outward,) = (await page(desk, anna)).relations
    (inward,) = (await page(desk, company)).relations
    assert (outward.direction, outward.other_id, outward.name) == ("outward", company, "Gruber & Söhne")
    assert (inward.direction, inward.other_id, inward.name) == ("inward", anna, "Anne")
    await desk.say(commands.EndRelation(kind=RelationKind.WORKS_FOR, other_id=company), anna)
    assert (await page(desk, anna)).relations == (await page(desk, company)).relations == ()


async def test_what_others_say_of_a_company_stands_in_their_rows_and_fills_no_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relations, "MOST_INWARD", 2)
    name = Name(company="Gruber & Söhne")
    company = await desk.say(commands.RegisterContact(kind=ContactKind.COMPANY, name=name))
    staff = [await desk.say(person()) for _ in range(3)]
    for contact in staff:
        await desk.say(commands.AddRelation(kind=RelationKind.WORKS_FOR, other_id=company), contact)
    shown = (await page(desk, company)).relations
    assert [one.other_id for one in shown] == [staff[1], staff[0]]
    rows = await reading.rows(desk.views, CUSTOMER_360, [(contact,) for contact in (company, *staff)])
    assert {key[0] for key in rows} == set(staff)


async def test_the_last_ten_interactions_stand_there_latest_first(desk: Desk) -> None:
    anna = await desk.say(person())
    times = [datetime(2026, 1, day, tzinfo=UTC) for day in (5, 1, 12, 3, 2, 4, 9, 8, 7, 11, 6, 10)]
    for at in times:
        await desk.say(
            commands.RecordInteraction(
                direction=Direction.INBOUND, channel=Channel.CALL, happened_at=at, subject="Hours"
            ),
            anna,
        )
    interactions = (await page(desk, anna)).interactions
    assert interactions.count == 12
    assert [one.happened_at for one in interactions.recent] == sorted(times, reverse=True)[:10]


async def test_purchases_are_summed_by_month_and_what_came_back_is_taken_off(desk: Desk) -> None:
    anna = await desk.say(person())
    await desk.say(basket("2026-01-31T23:59:59", "10.00", "2.50", contact=anna))
    last = await desk.say(basket("2026-03-05T10:00:00", "1.00", contact=anna, category="WINE"))
    back = await desk.say(basket("2026-02-01T00:00:00", "7.00", contact=anna))
    await desk.say(ReturnPurchase(returned_at=datetime(2026, 3, 9, tzinfo=UTC)), back)
    (found,) = (await page(desk, anna)).purchases
    assert (found.currency, found.purchases, found.returns, found.net) == ("EUR", 3, 1, eur("13.50"))
    assert {name: (month.purchases, month.net) for name, month in found.months.items()} == {
        "2026-01": (1, eur("12.50")),
        "2026-02": (1, eur("7.00")),
        "2026-03": (1, eur("-6.00")),
    }
    assert [(one.name, one.net) for one in found.categories] == [
        ("FRUIT", eur("12.50")),
        ("WINE", eur("1.00")),
    ]
    assert [one.name for one in found.brands] == ["Brand 0", "Brand 1"]
    assert found.last is not None
    assert (found.last.purchase_id, found.last.total) == (last, eur("1.00"))


async def test_a_purchase_counts_once_it_is_known_whose_it_is(desk: Desk) -> None:
    anna = await desk.say(person())
    await desk.say(basket("2026-01-01T00:00:00", "10.00"))
    purchase = await desk.say(replace(basket("2026-01-02T00:00:00", "3.00"), identifier=CARD))
    assert (await page(desk, anna)).purchases == ()
    await desk.say(AttributePurchase(contact_id=anna), purchase)
    (found,) = (await page(desk, anna)).purchases
    assert (found.purchases, found.net) == (1, eur("3.00"))


async def test_the_value_tier_counts_the_twelve_whole_months_before(desk: Desk) -> None:
    anna = await desk.say(person())
    await desk.say(basket("2024-12-31T23:59:59", "400.00", contact=anna))
    await desk.say(basket("2025-01-01T00:00:00", "600.00", contact=anna))
    await desk.say(basket("2025-12-31T00:00:00", "500.00", contact=anna))
    tiers = (
        ValueTier(name="bronze", threshold=Decimal(0)),
        ValueTier(name="gold", threshold=Decimal(1000)),
    )
    await desk.say(SetValueTiers(currency="EUR", tiers=tiers))
    expected = {
        date(2025, 12, 31): ("gold", "1000.00", "2024-12"),
        date(2026, 1, 1): ("gold", "1100.00", "2025-01"),
        date(2026, 2, 1): ("bronze", "500.00", "2025-02"),
        date(2030, 1, 1): ("bronze", "0", "2029-01"),
    }
    for on, (tier, amount, first) in expected.items():
        found = (await page(desk, anna, on=on)).value_tier
        assert found is not None
        assert (found.tier, found.amount, found.first_month) == (tier, Decimal(amount), first)


async def test_a_former_id_answers_with_the_customer_of_now(desk: Desk) -> None:
    one, other = await desk.say(person()), await desk.say(person("Bert"))
    await desk.say(basket("2026-01-01T00:00:00", "10.00", contact=one))
    await desk.say(basket("2026-01-02T00:00:00", "5.00", contact=other))
    before = [await page(desk, contact) for contact in (one, other)]
    merge = uuid4()
    await desk.say(commands.MergeContact(other_id=other, merge_id=merge), one)
    merged = await page(desk, other)
    assert merged == await page(desk, one)
    assert merged.customer_id == one
    assert [contact.contact_id for contact in merged.contacts] == [one, other]
    assert merged.purchases[0].net == eur("15.00")
    await desk.say(commands.UnmergeContact(merge_id=merge), one)
    assert [await page(desk, contact) for contact in (one, other)] == before
