"""What the writers wish: commands of every kind, the same for the same seed, on contacts that they share."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zlib import crc32

CONTACTS = 40
"""Few enough that writers meet on one stream."""
CARDS = 60
SERVICES = ("contacts", "sales")
"""That take the wishes."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """One command as it is sent."""

    service: str
    path: str
    body: Body


@dataclass(frozen=True)
class Town:
    """The contacts and cards that a seed gives."""

    org: UUID
    seed: str

    def contact(self, number: int) -> UUID:
        return uuid5(self.org, f"{self.seed} contact {number}")

    def registrations(self) -> list[Wish]:
        """Sent before everything else: what is wished of a contact needs it."""
        return [self._registration(self.contact(number), number) for number in range(CONTACTS)]

    def _registration(self, contact: UUID, number: int) -> Wish:
        name = {"given": "Anna", "family": f"Gruber {number}"}
        return Wish("contacts", "/contacts", {"id": str(contact), "kind": "person", "name": name})

    def wish(self, random: Random) -> Wish:
        """The next one of whoever draws."""
        contact = self.contact(random.randrange(CONTACTS))
        (make,) = random.choices(*zip(*_KINDS, strict=True))
        wish: Wish = make(self, contact, random)
        return wish

    def _card(self, random: Random) -> Body:
        number = random.randrange(CARDS)
        # Of one width: a card's number is compared without its hyphens, and seeds share the organisation.
        return {"kind": "loyalty-card", "value": f"{crc32(self.seed.encode()):010}{number:03}"}

    def interaction(self, contact: UUID, random: Random) -> Wish:
        body = {"direction": "inbound", "channel": "call", "subject": f"Call {random.randrange(10**6)}"}
        return Wish("contacts", f"/contacts/{contact}/record-interaction", body)

    def name(self, contact: UUID, random: Random) -> Wish:
        body = {"name": {"given": "Anni", "family": f"Berger {random.randrange(10**6)}"}}
        return Wish("contacts", f"/contacts/{contact}/correct-name", body)

    def identifier(self, contact: UUID, random: Random) -> Wish:
        """Often one that another contact has: then it is refused."""
        return Wish("contacts", f"/contacts/{contact}/add-identifier", {"identifier": self._card(random)})

    def consent(self, contact: UUID, random: Random) -> Wish:
        body: Body = {"purpose": "marketing", "channel": "mail", "method": "web-form"}
        if random.random() < 0.5:
            return Wish("contacts", f"/contacts/{contact}/withdraw-consent", body)
        body |= {"basis": "consent", "notice_version": random.randrange(1, 9)}
        return Wish("contacts", f"/contacts/{contact}/give-consent", body)

    def merge(self, contact: UUID, random: Random) -> Wish:
        """Many streams in one transaction."""
        merge = str(uuid5(self.org, f"merge {random.getrandbits(64)}"))
        other = self.contact(random.randrange(CONTACTS))
        return Wish(
            "contacts", f"/contacts/{contact}/merge-contact", {"other_id": str(other), "merge_id": merge}
        )

    def newcomer(self, _: UUID, random: Random) -> Wish:
        number = random.getrandbits(64)
        return self._registration(uuid5(self.org, f"{self.seed} newcomer {number}"), number % 1000)

    def purchase(self, contact: UUID, random: Random) -> Wish:
        """By a card that some contact has, or will have: then the reaction attributes it."""
        line = {
            "sku": f"{random.randrange(100)}",
            "quantity": "1",
            "amount": f"{random.randrange(900) / 100}",
        }
        who = {"contact_id": str(contact)} if random.random() < 0.3 else {"identifier": self._card(random)}
        purchase = uuid5(self.org, f"{self.seed} purchase {random.getrandbits(64)}")
        body = {"id": str(purchase), "currency": "EUR", "lines": [line], **who}
        return Wish("sales", "/purchases", body)


_KINDS = (
    (Town.interaction, 25),
    (Town.purchase, 30),
    (Town.name, 12),
    (Town.identifier, 12),
    (Town.consent, 10),
    (Town.newcomer, 8),
    (Town.merge, 3),
)
"""Each with its weight."""
