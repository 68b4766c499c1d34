"""Preferences: the last word counts."""

import pytest
from pydantic import ValidationError

from kernel.commands import Command
from services.contacts.commands import (
    PreferChannels,
    PreferFrequency,
    PreferLanguage,
    PreferQuietHours,
    PreferShipment,
    PreferTopics,
)
from services.contacts.events import ChannelsPreferred, TopicsPreferred
from services.contacts.events.preferences import QuietHours
from tests.services.contacts.story import ANNA, ANNA_REGISTERED, rejected, when

QUIET = QuietHours(start="21:00", end="07:30", zone="Europe/Vienna")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (PreferChannels(preferred=["mail", "call"]), PreferChannels(preferred=["call", "mail"])),
        (PreferFrequency(frequency="monthly"), PreferFrequency(frequency="never")),
        (PreferLanguage(language="de"), PreferLanguage(language="de-AT")),
        (PreferTopics(topics=["wine"]), PreferTopics(topics=[])),
        (PreferQuietHours(quiet_hours=QUIET), PreferQuietHours(quiet_hours=None)),
        (PreferShipment(delivery="parcel"), PreferShipment(delivery="parcel", carrier="post")),
    ],
)
def test_a_preference_is_said_once_until_another_word_replaces_it(first: Command, second: Command):
    said = when(first)
    assert len(said) == 1
    assert when(first, given=[ANNA_REGISTERED, *said]) == []
    replaced = when(second, given=[ANNA_REGISTERED, *said])
    assert len(replaced) == 1
    assert when(first, given=[ANNA_REGISTERED, *said, *replaced]) == said


def test_a_channel_is_not_liked_and_avoided():
    with rejected("channel-unclear"):
        when(PreferChannels(preferred=["mail"], avoided=["fax", "mail"]))


def test_the_order_of_preferred_channels_counts_and_that_of_the_rest_does_not():
    wish = PreferChannels(preferred=["mail", "call", "mail"], avoided=["web", "fax", "web"])
    assert when(wish) == [
        ChannelsPreferred(contact_id=ANNA, preferred=("mail", "call"), avoided=("fax", "web"))
    ]
    assert when(PreferTopics(topics=["wine", "cheese", "wine"])) == [
        TopicsPreferred(contact_id=ANNA, topics=("cheese", "wine"))
    ]


def test_quiet_hours_do_not_end_when_they_begin():
    with rejected("quiet-hours-unfit"):
        when(PreferQuietHours(quiet_hours=QuietHours(start="21:00", end="21:00", zone="Europe/Vienna")))


@pytest.mark.parametrize("zone", ["Mars/X", "", "Europe", "../etc/passwd", "europe/vienna"])
def test_quiet_hours_are_by_the_clocks_of_a_zone_that_exists(zone: str):
    with pytest.raises(ValidationError, match="time zone"):
        QuietHours(start="21:00", end="07:30", zone=zone)


@pytest.mark.parametrize("start", ["9:00", "24:00", "21:60", "21:00:00", "21:00\n", "noon"])
def test_quiet_hours_are_refused_by_the_form_that_a_time_of_day_has(start: str):
    with pytest.raises(ValidationError, match="HH:MM, as in 22:00"):
        QuietHours(start=start, end="07:30", zone="Europe/Vienna")
