"""What the queries answer is what their contract says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError

from kernel.web.contract.openapi import openapi
from lib.identifiers import Identifier, IdentifierKind
from services.contacts import commands
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.preferences import Delivery, Frequency, QuietHours
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Address, Channel, ContactKind, ExternalReference, Name
from services.projections.app import SERVICE
from services.projections.customers.field_history.fields import Field
from services.projections.customers.timeline.happenings import Kind
from services.sales.commands import RecordPurchase, ReturnPurchase, SetValueTiers
from services.sales.events import PurchaseLine, ValueTier
from tests.services.projections.desk import Desk

DOCUMENT = openapi(SERVICE)
QUERIES = {
    query.path.rpartition("/")[2]: query for query in SERVICE.queries if query.path.startswith("/customers")
}
ANNA = commands.RegisterContact(
    kind=ContactKind.PERSON,
    name=Name(given="Anna"),
    address=Address(city="Wien", country="AT"),
    owner_id=uuid4(),
    team_id=uuid4(),
    identifiers=(Identifier(kind=IdentifierKind.EMAIL, value="anna@example.org"),),
)
WISHES = (
    commands.CorrectBirthDate(birth_date=datetime(1984, 5, 17, tzinfo=UTC).date()),
    commands.PreferChannels(preferred=(Channel.CALL,)),
    commands.PreferFrequency(frequency=Frequency.DAILY),
    commands.PreferLanguage(language="de-AT"),
    commands.PreferTopics(topics=("wine",)),
    commands.PreferQuietHours(quiet_hours=QuietHours(start="22:00", end="07:00", zone="Europe/Vienna")),
    commands.PreferShipment(delivery=Delivery.LOCKER),
    commands.GiveConsent(
        purpose="marketing",
        channel=ConsentChannel.MAIL,
        basis=LawfulBasis.CONSENT,
        notice_version=1,
        method=ConsentMethod.PAPER,
    ),
    commands.WithdrawConsent(purpose="marketing", channel=ConsentChannel.MAIL, method=ConsentMethod.CALL),
    commands.RecordInteraction(
        direction=Direction.INBOUND,
        channel=Channel.CALL,
        subject="Hours",
        reference=ExternalReference(system="desk", number="7"),
    ),
)


async def everything_happens(desk: Desk) -> Any:
    """A customer of two contacts with something of everything."""
    anna, other = await desk.say(ANNA), await desk.say(replace(ANNA, identifiers=()))
    for wish in WISHES:
        await desk.say(wish, anna)
    await desk.say(commands.AddRelation(kind=RelationKind.HOUSEHOLD_OF, other_id=other), anna)
    line = PurchaseLine(sku="1", brand="B", category="C", quantity=Decimal("0.5"), amount=Decimal("2.50"))
    purchase = await desk.say(RecordPurchase(contact_id=anna, currency="EUR", lines=(line,)))
    await desk.say(RecordPurchase(contact_id=other, currency="EUR", lines=(line,)))
    await desk.say(ReturnPurchase(), purchase)
    await desk.say(SetValueTiers(currency="EUR", tiers=(ValueTier(name="x", threshold=Decimal(0)),)))
    await desk.say(commands.MergeContact(other_id=other, merge_id=uuid4()), anna)
    return anna


def check(name: str, answer: Any) -> dict[str, Any]:
    """The answer as JSON; it is what the contract of this query says."""
    query = QUERIES[name]
    operation = DOCUMENT["paths"][query.path][query.method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)
    return body


async def test_answers_about_a_customer_with_something_of_everything_keep_their_contract(desk: Desk) -> None:
    anna = await everything_happens(desk)
    page = check("{id}", await desk.ask(QUERIES["{id}"], id=anna))
    assert all(page[name] for name in ("contacts", "consents", "relations", "purchases", "value_tier"))
    assert all(page["preferences"].values())
    check("search", await desk.ask(QUERIES["search"], limit=1))
    events = check("timeline", await desk.ask(QUERIES["timeline"], id=anna))["events"]
    assert {event["kind"] for event in events} == {kind.value for kind in Kind}
    for field in Field:
        found = check("{field}", await desk.ask(QUERIES["{field}"], id=anna, field=field.value))
        assert found["values"], field


@pytest.mark.parametrize("name", QUERIES)
def test_a_contract_refuses_what_is_no_answer(name: str) -> None:
    with pytest.raises(ValidationError):
        check(name, {})
