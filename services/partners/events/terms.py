"""What two organisations agree on: the text of an agreement, as data.

The legal roles are terms too, and the same for every agreement: joint controllers for matching (GDPR, Article
26), separate controllers of what was disclosed, the platform the processor of both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from lib.records import Record
from lib.texts import Line, Slug
from lib.times import Time
from services.contacts.events.consent import LawfulBasis, NoticeVersion


class SharedField(StrEnum):
    """What of a customer can be shared; the part before the dot is the kind of signal."""

    GIVEN_NAME = "profile.given-name"
    FAMILY_NAME = "profile.family-name"
    COMPANY_NAME = "profile.company-name"
    BIRTH_DATE = "profile.birth-date"
    EMAIL = "profile.email"
    PHONE = "profile.phone"
    STREET = "profile.street"
    POSTAL_CODE = "profile.postal-code"
    CITY = "profile.city"
    REGION = "profile.region"
    COUNTRY = "profile.country"
    BRAND = "purchases.brand"
    PRODUCT = "purchases.product"
    CATEGORY = "purchases.category"
    TIER = "value.tier"

    @property
    def kind(self) -> str:
        """Of signal."""
        return self.partition(".")[0]


def _ascending(values: tuple[str, ...]) -> tuple[str, ...]:
    """In one order, each once: the same terms have the same digest."""
    return tuple(sorted(set(values)))


Values = Annotated[tuple[Line, ...], Field(min_length=1, max_length=200), AfterValidator(_ascending)]
Months = Annotated[int, Field(ge=1, le=120)]


class Condition(Record):
    """What applies to a customer that is shared.

    Of the profile: the field has one of the values. Of purchases: something of one of these categories or
    brands was bought in the last so many months. Of the value tier: it is the one named, or a higher one.
    """

    field: SharedField
    values: Values
    months: Months | None = None


class Direction(Record):
    """What one side, the owner, gives the other: of which customers, what, for what, and for how long."""

    purposes: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20), AfterValidator(_ascending)]
    fields: Annotated[tuple[SharedField, ...], Field(min_length=1), AfterValidator(_ascending)]
    population: Annotated[tuple[Condition, ...], Field(max_length=20)] = ()
    """All of these apply to a customer that is shared."""
    depth_months: Months
    """Purchases of this and of so many whole months before it."""
    retention_days: Annotated[int, Field(ge=1, le=3_650)]
    """For so long the recipient may keep what it was given."""
    notice_version: NoticeVersion
    """A customer's consent counts if it was given under this notice or a newer one."""
    manufacturers: Annotated[tuple[Line, ...], Field(max_length=50), AfterValidator(_ascending)] = ()
    """As whose the owner lists the recipient's own products: these alone are shown by brand and product."""


class Terms(Record):
    """The text of an agreement. A direction that is left out gives nothing."""

    proposer_gives: Direction | None = None
    counterpart_gives: Direction | None = None
    basis: LawfulBasis = LawfulBasis.CONSENT
    group_size: Annotated[int, Field(ge=1, le=1_000)] = 10
    """No total is told of fewer customers."""
    most_matches_a_day: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000
    """More new ones suspend the direction."""
    ends_at: Time
