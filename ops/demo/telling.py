"""What the demonstration says at its end: the figures, a customer's page, and four things to paste."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.demo.running import ORGANISATION, TIER_ON, Demonstration
from ops.demo.source import NAMED
from ops.local.home import home as homes
from ops.local.home.home import Home

SOURCE = f"""source: {NAMED}.
  Names, e-mail addresses and phone numbers are generated; households, products and purchases are real.
  Only products that were sold are listed. Lines of quantity zero and baskets that cost nothing are kept.
  The source names no time zone: its times are taken as UTC. Amounts are US dollars."""

FIRST = 3
"""How many of a list are shown."""


def text(shown: Demonstration, home: Home) -> str:
    """All of it, for a terminal."""
    parts = (figures(shown), page(shown.page), pastes(shown, home), ENDING.format(**shown.urls))
    return "\n\n".join(parts)


def figures(shown: Demonstration) -> str:
    """What was loaded and how long each step took."""
    loaded, seconds = shown.loaded, shown.seconds
    rate = f", {loaded.commands / seconds.load:,.0f} commands/s" if loaded.commands else ""
    return (
        f"{loaded.households:,} households, {loaded.products:,} products, {loaded.baskets:,} baskets with "
        f"{loaded.lines:,} lines\n"
        f"fetch {seconds.fetch:.1f} s · start {seconds.start:.1f} s · read the source {seconds.read:.1f} s\n"
        f"{loaded.commands:,} commands → events → topics → views: {seconds.load:.1f} s "
        f"from the first command until every view showed the last event{rate}\n"
        f"{shown.verdict.line()}"
    )


def page(customer: dict[str, Any]) -> str:
    """The customer's page, in short."""
    return "\n".join(("a customer's page", *(f"  {line}" for line in _lines(customer))))


def _lines(customer: dict[str, Any]) -> Iterator[str]:
    for person in customer["contacts"]:
        name = " ".join(part for part in (person["given"], person["family"], person["company"]) if part)
        yield f"{name}, {person['kind']}, customer {customer['customer_id']}"
        yield "known by " + ", ".join(f"{one['kind']} {one['value']}" for one in person["identifiers"])
    for bought in customer["purchases"]:
        currency = bought["currency"]
        yield f"{bought['purchases']:,} purchases, {bought['net']['amount']} {currency} net"
        months = [f"{name} {month['net']['amount']}" for name, month in bought["months"].items()]
        for start in range(0, len(months), 6):
            yield "  " + " · ".join(months[start : start + 6])
        for what in ("categories", "brands"):
            best = [f"{one['name']} {one['net']['amount']}" for one in bought[what][:FIRST]]
            yield f"favourite {what}: " + ", ".join(best)
        if last := bought["last"]:
            yield f"last purchase {last['purchased_at']} in store {last['store']}: {last['total']['amount']}"
    if tier := customer["value_tier"]:
        yield (
            f"value tier on {TIER_ON}: {tier['tier'] or 'none'} "
            f"({tier['amount']} {tier['currency']} net from {tier['first_month']} to {tier['last_month']})"
        )


def pastes(shown: Demonstration, home: Home) -> str:
    """Four things to paste into a shell, in this order; a home of one's own is named once for all of them."""
    export = homes.export(home)
    named = f"# the home of this stack\n{export}\n\n" if export else ""
    contacts, views = shown.urls["contacts"], shown.urls["views"]
    this = shown.page["customer_id"]
    return f"""to paste, in this order:

{named}# a token
TOKEN=$({shown.command} token --org {ORGANISATION} --role manager)

# this customer gets another name
POSITION=$(curl -sS {contacts}/contacts/{this}/correct-name \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"name": {{"given": "Ada", "family": "Lovelace"}}}}' | {POSITION})

# reading it from a view that has taken the change
curl -sS '{views}/customers/{this}?on={TIER_ON}' \\
  -H "Authorization: Bearer $TOKEN" -H "Rapport-Position: $POSITION"

# two customers become one, and two again
MERGE=$(cat /proc/sys/kernel/random/uuid)
curl -sS {contacts}/contacts/{this}/merge-contact \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d "{{\\"other_id\\": \\"{shown.other}\\", \\"merge_id\\": \\"$MERGE\\"}}"
curl -sS {contacts}/contacts/{this}/unmerge-contact \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d "{{\\"merge_id\\": \\"$MERGE\\"}}\""""


POSITION = r"""sed 's/.*"position":"\([^"]*\)".*/\1/'"""

ENDING = """The stack runs on; these pages take the token and run every example:
  {contacts}/docs
  {sales}/docs
  {views}/docs
`./rapport status` shows the processes, `./rapport down` stops them, and `./rapport down --erase` deletes
their home after asking."""
