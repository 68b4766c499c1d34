"""`parked` tells of a reaction's commands as of events, has them sent again, and drops them on record."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.settings import Settings
from tests.connecting import connected
from tests.ops.parking.test_command import parked
from tests.ops.takers.test_reactions import NAME, park_command, park_event
from tests.services.sales.selling import open_shop


def listed(settings: Settings) -> dict[str, Any]:
    """The one command."""
    (line,) = json.loads(parked(settings, "--json", code=1))["commands"]
    return dict(line)


@pytest.fixture
async def cause(database: Settings) -> tuple[int, int, UUID]:
    """A purchase in the log: partition, position, event id."""
    async with open_shop(database) as shop:
        await shop.sell()
    async with connected(database, "sales_log") as db:
        row = await db.fetchrow("SELECT partition, position, event_id FROM event")
    assert row is not None
    return row["partition"], row["position"], row["event_id"]


async def test_a_parked_command_is_shown_with_its_traceback_and_the_event_that_caused_it(
    database: Settings, cause: tuple[int, int, UUID]
) -> None:
    stream = await park_command(database, cause)
    line = listed(database)
    assert (line["command"], line["stream"], line["reason"]) == ("AttributePurchase", str(stream), "Bug")
    told = json.loads(parked(database, "show", line["number"], "--json"))
    assert (told["taker"], told["command"], told["reason"]) == (NAME, "AttributePurchase", "Bug")
    assert (told["traceback"], told["behind"]) == (["a", "b"], 0)
    assert (told["event"]["id"], told["event"]["type"]) == (str(cause[2]), "crm.sales.PurchaseRecorded")
    text = parked(database, "show", line["number"])
    assert "crm.sales.PurchaseRecorded" in text
    assert "traceback, outermost first:\n  a\n  b" in text


async def test_a_cause_that_the_log_no_longer_holds_is_not_taken_for_another_event(
    database: Settings, cause: tuple[int, int, UUID]
) -> None:
    await park_command(database, (*cause[:2], uuid4()))
    assert json.loads(parked(database, "show", listed(database)["number"], "--json"))["event"] is None


@pytest.mark.parametrize("which", ["one", "stream", "all"])
async def test_a_parked_command_is_sent_again(database: Settings, which: str) -> None:
    stream, number = await park_command(database), listed(database)["number"]
    asked = {"one": (number,), "stream": ("--stream", str(stream)), "all": ("--all",)}[which]
    done = json.loads(parked(database, "retry", *asked, "--json"))
    assert done["takers"] == {NAME: {"taken": 0, "left": 0, "commands": 1}}
    assert parked(database) == "Nothing is parked.\n"
    assert "no parked command" in parked(database, "retry", number, code=2)


@pytest.mark.parametrize("which", ["one", "stream"])
async def test_a_parked_command_is_dropped_on_record(database: Settings, which: str) -> None:
    stream, other = await park_command(database), await park_command(database)
    commands = json.loads(parked(database, "--json", code=1))["commands"]
    numbers = {command["stream"]: command["number"] for command in commands}
    asked = {"one": (numbers[str(stream)],), "stream": ("--stream", str(stream))}[which]
    text = parked(database, "drop", *asked, "--reason", "sold to a robot")
    assert text.startswith(f"{NAME}: 1 commands dropped, on record for ")
    assert listed(database)["stream"] == str(other)
    (record,) = json.loads(parked(database, "dropped", "--json"))["commands"]
    assert (record["number"], record["taker"]) == (numbers[str(stream)], NAME)
    assert (record["parked_for"], record["reason"]) == ("Bug", "sold to a robot")
    assert "AttributePurchase" in parked(database, "dropped", "--view", NAME)
    assert parked(database, "dropped", "--view", "person") == "Nothing was dropped.\n"
    for action in (("drop", "--reason", "x"), ("retry",), ("show",)):
        assert "no parked command" in parked(database, *action, numbers[str(stream)], code=2)


async def test_a_stream_is_dropped_with_its_events_and_its_commands(database: Settings) -> None:
    stream = await park_command(database)
    await park_event(database, stream)
    done = json.loads(parked(database, "drop", "--stream", str(stream), "--reason", "x", "--json"))
    assert (done["takers"][NAME]["dropped"], done["takers"][NAME]["commands"]) == (1, 1)
    assert parked(database) == "Nothing is parked.\n"
