"""Some people's lives among an organisation: any commands, in any order, as far as they are allowed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

from kernel.commands import Command
from kernel.web.problems import Problem
from lib.identifiers import Identifier, IdentifierDigest, IdentifierKind
from services.contacts import commands
from services.contacts.events.consent import ConsentChannel, ConsentMethod, LawfulBasis
from services.contacts.events.interactions import Direction
from services.contacts.events.preferences import Frequency
from services.contacts.events.relations import RelationKind
from services.contacts.events.words import Channel, ContactKind, Name
from services.sales.commands import AttributePurchase, RecordPurchase, ReturnPurchase, SetValueTiers
from services.sales.events import PurchaseLine, ValueTier
from tests.services.projections.desk import Desk

CARD = IdentifierDigest(kind=IdentifierKind.LOYALTY_CARD, digest="0" * 32)
NAMES = ("Anna", "Bert", "Çelik", "Dora")


async def clock(desk: Desk) -> datetime:
    """The time by which what happened until now was recorded."""
    now: datetime = await desk.readers.fetchval("SELECT clock_timestamp()")
    return now


class Lives:
    """`go_on` says one more command that is allowed."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.dice = desk, Random(seed)
        self.contacts: list[UUID] = []
        self.merges: list[UUID] = []
        self.purchases: list[UUID] = []

    async def go_on(self) -> None:
        while not await self._try(self.dice.choice(WISHES)):
            pass

    async def _try(self, wish: Callable[[Lives], tuple[Command, UUID | None]]) -> bool:
        with suppress(Problem, IndexError):
            command, stream = wish(self)
            made = await self.desk.say(command, stream)
            if isinstance(command, commands.RegisterContact):
                self.contacts.append(made)
            if isinstance(command, RecordPurchase):
                self.purchases.append(made)
            if isinstance(command, commands.MergeContact):
                self.merges.append(command.merge_id)
            return True
        return False

    def contact(self) -> UUID:
        return self.dice.choice(self.contacts)

    def register(self) -> tuple[Command, UUID | None]:
        if len(self.contacts) == 4:
            raise IndexError
        name = Name(given=self.dice.choice(NAMES))
        return commands.RegisterContact(kind=ContactKind.PERSON, name=name), None

    def rename(self) -> tuple[Command, UUID | None]:
        return commands.CorrectName(name=Name(given=self.dice.choice(NAMES), family="Abt")), self.contact()

    def identify(self) -> tuple[Command, UUID | None]:
        value = f"{self.dice.randrange(5)}@example.org"
        kind = self.dice.choice(
            [commands.AddIdentifier, commands.RemoveIdentifier, commands.VerifyIdentifier]
        )
        return kind(identifier=Identifier(kind=IdentifierKind.EMAIL, value=value)), self.contact()

    def prefer(self) -> tuple[Command, UUID | None]:
        return commands.PreferFrequency(frequency=self.dice.choice(list(Frequency))), self.contact()

    def consent(self) -> tuple[Command, UUID | None]:
        what: dict[str, Any] = {"purpose": "marketing", "channel": self.dice.choice(list(ConsentChannel))}
        if self.dice.random() < 0.4:
            return commands.WithdrawConsent(**what, method=ConsentMethod.CALL), self.contact()
        later = datetime.now(UTC) + timedelta(days=30)
        given = commands.GiveConsent(
            **what,
            basis=LawfulBasis.CONSENT,
            notice_version=1,
            method=ConsentMethod.PAPER,
            expires_at=self.dice.choice([None, later]),
        )
        return given, self.contact()

    def relate(self) -> tuple[Command, UUID | None]:
        kind = self.dice.choice([commands.AddRelation, commands.AddRelation, commands.EndRelation])
        return kind(kind=RelationKind.HOUSEHOLD_OF, other_id=self.contact()), self.contact()

    def meet(self) -> tuple[Command, UUID | None]:
        return commands.RecordInteraction(direction=Direction.INBOUND, channel=Channel.CALL), self.contact()

    def merge(self) -> tuple[Command, UUID | None]:
        return commands.MergeContact(other_id=self.contact(), merge_id=uuid4()), self.contact()

    def unmerge(self) -> tuple[Command, UUID | None]:
        return commands.UnmergeContact(merge_id=self.dice.choice(self.merges)), self.contact()

    def buy(self) -> tuple[Command, UUID | None]:
        line = PurchaseLine(
            sku="1",
            category=self.dice.choice(["FRUIT", "WINE"]),
            quantity=Decimal(1),
            amount=Decimal(self.dice.randrange(1, 10_000)) / 100,
        )
        whose = {"contact_id": self.contact()} if self.dice.random() < 0.6 else {"identifier": CARD}
        month = datetime(2026, self.dice.randrange(1, 11), 1, tzinfo=UTC)
        return RecordPurchase(currency="EUR", purchased_at=month, lines=(line,), **whose), None

    def attribute(self) -> tuple[Command, UUID | None]:
        return AttributePurchase(contact_id=self.contact()), self.dice.choice(self.purchases)

    def give_back(self) -> tuple[Command, UUID | None]:
        return ReturnPurchase(), self.dice.choice(self.purchases)

    def set_tiers(self) -> tuple[Command, UUID | None]:
        tier = ValueTier(name="gold", threshold=Decimal(self.dice.randrange(1, 200)))
        return SetValueTiers(currency="EUR", tiers=(tier,)), None


WISHES = (
    Lives.register,
    Lives.register,
    Lives.rename,
    Lives.identify,
    Lives.identify,
    Lives.prefer,
    Lives.consent,
    Lives.relate,
    Lives.relate,
    Lives.meet,
    Lives.merge,
    Lives.merge,
    Lives.unmerge,
    Lives.buy,
    Lives.buy,
    Lives.attribute,
    Lives.give_back,
    Lives.set_tiers,
)
