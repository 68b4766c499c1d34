"""Interactions, in either direction, over any channel."""

from datetime import timedelta

import pytest

from services.contacts.commands import RecordInteraction
from services.contacts.events import InteractionRecorded
from services.contacts.events.words import Channel
from tests.services.contacts.story import ANNA, NOW, rejected, when


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_any_channel_in_either_direction(channel: Channel, direction: str):
    (recorded,) = when(RecordInteraction(direction=direction, channel=channel))
    assert recorded == InteractionRecorded(
        contact_id=ANNA, direction=direction, channel=channel, happened_at=NOW
    )


def test_what_was_said_is_personal():
    wish = RecordInteraction(direction="inbound", channel="call", subject="Hours", summary="On\nSaturday?")
    (recorded,) = when(wish)
    assert isinstance(recorded, InteractionRecorded)
    assert recorded.personal == InteractionRecorded.Personal(subject="Hours", summary="On\nSaturday?")


def test_yesterday_can_be_recorded_and_tomorrow_cannot():
    yesterday = NOW - timedelta(days=1)
    (recorded,) = when(RecordInteraction(direction="inbound", channel="visit", happened_at=yesterday))
    assert isinstance(recorded, InteractionRecorded)
    assert recorded.happened_at == yesterday
    with rejected("in-the-future"):
        when(RecordInteraction(direction="inbound", channel="visit", happened_at=NOW + timedelta(days=1)))
