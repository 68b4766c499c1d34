"""Random changes, each said for real and remembered in the world beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from kernel.commands import Rejected
from kernel.ids import new_id
from kernel.web.problems import Problem
from services.contacts.commands import ChangeAddress, CorrectName, MergeContact, UnmergeContact
from services.contacts.events.words import Address, AddressUse, Name
from services.partners.commands import (
    CounterAgreement,
    EndAgreement,
    NarrowAgreement,
    ResumeAgreement,
    SignAgreement,
    SuspendAgreement,
)
from services.partners.events.terms import Condition, SharedField, Terms
from services.partners.text import check, digest
from services.sales.commands import SetValueTiers
from services.sales.events import ValueTier
from tests.services.projections.sharing.two import MAKER, SHOP, STRANGER, Two, giving, line
from tests.services.projections.sharing.world import TIERS, Deal, Grant, Match, Said, World

PURPOSES = ("assortment", "service")
FIELDS = (
    SharedField.GIVEN_NAME,
    SharedField.CITY,
    SharedField.BRAND,
    SharedField.PRODUCT,
    SharedField.CATEGORY,
    SharedField.TIER,
)
MAKERS, BRANDS = ("A", "B", "C", "D"), ("Sun", "Moon")
CATEGORIES, CITIES = ("FRUIT", "MILK"), ("Graz", "Wien")
AGO = (0, 1, 2, 5, 13)
PAST = datetime(2020, 1, 1, tzinfo=UTC)


class Merge(NamedTuple):
    merge_id: UUID
    survivor: UUID
    brought: dict[UUID, UUID]
    """Contacts, and whose they were."""


@dataclass
class Changing:
    two: Two
    random: Random
    world: World = field(default_factory=World)
    merges: list[Merge] = field(default_factory=list)
    its: list[UUID] = field(default_factory=list)
    mine: dict[UUID, list[UUID]] = field(default_factory=dict)
    """By reader."""
    _now: int = 0

    async def begin(self) -> None:
        self.mine = {org: [await self.two.contact(org) for _ in range(4)] for org in (MAKER, STRANGER)}
        for _ in range(5):
            its = await self.two.contact(SHOP)
            self.its.append(its)
            self.world.customer[its] = its
            self.world.names[its], self.world.cities[its] = "Anna", "Graz"
        tiers = tuple(ValueTier(name=name, threshold=least) for name, least in TIERS.items())
        await self.two.say(SHOP, SetValueTiers(currency="EUR", tiers=tiers))
        for its, purpose, reader in product(self.its, PURPOSES, self.mine):
            if self.random.random() < 0.7:
                await self.allow((its, purpose, reader), 3)
        for reader in (MAKER, MAKER, STRANGER):
            await self.agree(reader)
        for agreement, deal in self.world.deals.items():
            for mine, its in zip(self.mine[deal.reader], self.its, strict=False):
                await self.compare(agreement, deal, mine, its, "share")

    async def agree(self, reader: UUID) -> None:
        text = self.text()
        gives = text.proposer_gives
        assert gives is not None
        self.world.deals[await self.two.agreed(text, reader)] = Deal(reader, gives)

    async def change(self) -> str:
        """One of them; its name."""
        changes: list[Callable[[], Awaitable[object]]] = [
            *[self.grant] * 6, *[self.match] * 6, *[self.buy] * 4, *[self.merge] * 2, *[self.renegotiate] * 2,
            self.refuse, self.unmerge, self.correct, self.move, self.correct_mine, self.unmatch, self.suspend,
            *[self.resume] * 3, self.narrow, self.end,
        ]  # fmt: skip
        change = self.random.choice(changes)
        self._now += 1
        await change()
        return change.__name__

    def some(self) -> UUID:
        return self.random.choice(self.its)

    def deal(self) -> tuple[UUID, Deal]:
        return self.random.choice([(one, deal) for one, deal in self.world.deals.items() if not deal.ended])

    def subset(self, values: tuple[Any, ...], least: int = 1) -> tuple[Any, ...]:
        return tuple(self.random.sample(values, self.random.randint(least, len(values))))

    def text(self) -> Terms:
        """Some text that does not contradict itself."""
        rules = {
            SharedField.CITY: (("Graz",), None),
            SharedField.BRAND: (("Sun",), self.random.choice((1, 6))),
            SharedField.CATEGORY: (("FRUIT",), self.random.choice((1, 6))),
            SharedField.TIER: ((self.random.choice(list(TIERS)),), None),
        }
        while True:
            fields = self.subset(FIELDS, 2)
            among = [one for one in fields if one in rules] if self.random.random() < 0.4 else []
            population = tuple(
                Condition(field=one, values=rules[one][0], months=rules[one][1]) for one in among[:2]
            )
            text = giving(
                purposes=self.subset(PURPOSES),
                fields=fields,
                population=population,
                depth_months=self.random.choice((1, 6, 12, 24)),
                notice_version=self.random.choice((2, 3)),
                manufacturers=self.subset(MAKERS[:2], 0),
            )
            with suppress(Rejected):
                check(text, datetime.now(UTC))
                return text

    async def grant(self) -> None:
        said = self.some(), self.random.choice(PURPOSES), self.random.choice((MAKER, STRANGER))
        notice = self.random.choice((1, 3, 3, 3))
        if self.random.random() < 0.8:
            await self.allow(said, notice)
            return
        expired = self.random.random() < 0.5
        at = PAST + timedelta(days=self._now)
        more = {"expires_at": at + timedelta(days=1)} if expired else {}
        await self.two.allows(*said, notice_version=notice, given_at=at, **more)
        self.world.grants[said].append(Grant(self._now - 5_000, notice, expired))

    async def allow(self, said: Said, notice: int) -> None:
        its, purpose, reader = said
        await self.two.allows(its, purpose, reader, notice_version=notice)
        self.world.grants[said].append(Grant(self._now, notice, False))

    async def refuse(self) -> None:
        said = self.some(), self.random.choice(PURPOSES), self.random.choice((MAKER, STRANGER))
        await self.two.refuses(*said)
        self.world.refusals[said].append(self._now)

    async def match(self) -> None:
        agreement, deal = self.deal()
        mine, its = self.random.choice(self.mine[deal.reader]), self.some()
        grade = self.random.choice(("share", "share", "share", "likely"))
        await self.compare(agreement, deal, mine, its, grade)

    async def compare(self, agreement: UUID, deal: Deal, mine: UUID, its: UUID, grade: str) -> None:
        await self.two.matched(agreement, mine, its, grade, deal.reader)
        changes = self.world.changes
        deal.matches[mine] = Match(its, grade, self.world.customer[its], (changes[mine], changes[its]))

    async def unmatch(self) -> None:
        agreement, deal = self.deal()
        mine = self.random.choice(self.mine[deal.reader])
        await self.two.matcher.execute(
            "DELETE FROM match WHERE (agreement_id, org_id, contact_id) = ($1, $2, $3)",
            agreement,
            deal.reader,
            mine,
        )
        deal.matches.pop(mine, None)

    async def correct(self) -> None:
        its, name = self.some(), f"Anna {self._now}"
        await self.two.say(SHOP, CorrectName(name=Name(given=name)), its)
        self.world.names[its] = name
        self.world.changes[its] += 1

    async def correct_mine(self) -> None:
        _, deal = self.deal()
        mine = self.random.choice(self.mine[deal.reader])
        await self.two.say(deal.reader, CorrectName(name=Name(given=f"Anna {self._now}")), mine)
        self.world.changes[mine] += 1

    async def move(self) -> None:
        its = self.some()
        city = next(city for city in CITIES if city != self.world.cities[its])
        address = Address(street="Ring 7", postal_code="8010", city=city, country="AT")
        await self.two.say(SHOP, ChangeAddress(use=AddressUse.HOME, address=address), its)
        self.world.cities[its] = city
        self.world.changes[its] += 1

    async def buy(self) -> None:
        its, ago = self.some(), self.random.choice(AGO)
        makers = (*MAKERS, *MAKERS, None)
        lines = [
            line(
                self.random.choice(makers),
                self.random.randint(1, 3),
                str(self.random.choice((5, 8, 10, 60))),
                self.random.choice(BRANDS),
                self.random.choice(CATEGORIES),
            )
            for _ in range(self.random.randint(1, 6))
        ]
        await self.two.bought(its, ago, *lines)
        self.world.baskets[its] += [(ago, one) for one in lines]

    async def merge(self) -> None:
        one, other = self.random.sample(self.its, 2)
        survivor, former = self.world.customer[one], self.world.customer[other]
        merge_id = new_id()
        await self.two.say(SHOP, MergeContact(other_id=other, merge_id=merge_id), one)
        if survivor == former:
            return
        brought = {its: former for its in self.its if self.world.customer[its] == former}
        self.merges.append(Merge(merge_id, survivor, brought))
        for its in (survivor, *brought):
            self.world.changes[its] += 1
        self.world.customer.update(dict.fromkeys(brought, survivor))

    async def unmerge(self) -> None:
        if not self.merges:
            return
        merge = self.random.choice(self.merges)
        try:
            await self.two.say(SHOP, UnmergeContact(merge_id=merge.merge_id), merge.survivor)
        except Problem:
            return  # a later merge builds on it
        self.merges.remove(merge)
        for its in (merge.survivor, *merge.brought):
            self.world.changes[its] += 1
        self.world.customer.update(merge.brought)

    async def suspend(self) -> None:
        agreement, deal = self.deal()
        side = self.random.choice((SHOP, deal.reader))
        await self.two.say(side, SuspendAgreement(), agreement)
        deal.suspended.add(side)

    async def resume(self) -> None:
        for agreement, deal in self.world.deals.items():
            for side in () if deal.ended else list(deal.suspended):
                await self.two.say(side, ResumeAgreement(), agreement)
                deal.suspended.remove(side)

    async def narrow(self) -> None:
        agreement, deal = self.deal()
        fields = tuple(one for one in deal.gives.fields if self.random.random() < 0.7) or deal.gives.fields
        kept = {rule.field for rule in deal.gives.population}
        gives = replace(deal.gives, fields=tuple(sorted({*fields, *kept})))
        text = replace(giving(), proposer_gives=gives)
        if gives != deal.gives:
            side = self.random.choice((SHOP, deal.reader))
            await self.two.say(side, NarrowAgreement(terms=text), agreement)
            deal.gives, deal.last = gives, deal.last + 1

    async def renegotiate(self) -> None:
        agreement, deal = self.deal()
        text = self.text()
        if text.proposer_gives in (None, deal.gives):
            return
        await self.two.say(deal.reader, CounterAgreement(terms=text), agreement)
        deal.last += 1
        for side in (SHOP, deal.reader):
            signed = SignAgreement(text_version=deal.last, digest=digest(deal.last, text))
            await self.two.say(side, signed, agreement)
        assert text.proposer_gives is not None
        deal.gives = text.proposer_gives

    async def end(self) -> None:
        """And another one in its place."""
        agreement, deal = self.deal()
        if self.random.random() < 0.6:
            return
        await self.two.say(self.random.choice((SHOP, deal.reader)), EndAgreement(), agreement)
        deal.ended = True
        await self.agree(deal.reader)
