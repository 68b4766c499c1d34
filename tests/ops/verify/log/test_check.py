"""The oracle names every way in which a log can be spoiled, and says nothing of one that is right."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from kernel.log.envelope import Envelope, sequence
from kernel.log.partitions import PARTITIONS
from kernel.settings import Settings
from ops.acks import Acks
from ops.verify.table import text
from tests.ops.verify.verifying import CALLER, ORG, STREAMS, World, event, faults, world


@pytest.fixture
async def full(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[World]:
    """A log that is not yet published."""
    async with world(settings, postgres, tmp_path) as made:
        await made.fill()
        yield made


@pytest.fixture
async def right(full: World) -> World:
    """A log that is published."""
    await full.publish()
    return full


def neighbours(log: list[tuple[int, Envelope]]) -> tuple[int, int]:
    """The places in the log of two events that follow one another in one stream."""
    for place, (_, fact) in enumerate(log):
        for later, (_, other) in enumerate(log[place + 1 :], place + 1):
            if (other.stream_id, other.version) == (fact.stream_id, fact.version + 1):
                return place, later
    raise AssertionError


async def test_a_log_that_is_right_has_no_faults(right: World):
    verdict = await right.verdict(right.journal)
    report = verdict.services[0]
    assert verdict.ok
    assert faults(report) == {}
    assert report.figures == {
        "acknowledged": 2 * STREAMS,
        "maybe": 0,
        "answers": 2 * STREAMS,
        "rows": 3 * STREAMS,
        "distinct_ids": 3 * STREAMS,
        "repeats": 0,
        "waiting": 0,
    }
    assert "nothing differs" in text(verdict)


async def test_what_the_relay_sends_again_is_counted_and_harmless(right: World):
    log = await right.stored()
    await right.send(log[5:25])
    report = await right.log(right.journal)
    assert faults(report) == {}
    assert (report.figures["repeats"], report.figures["distinct_ids"]) == (20, 3 * STREAMS)


async def test_what_the_relay_has_not_sent_is_waiting_and_not_missing(right: World):
    await right.command(uuid4(), 0, [event(), event()])
    report = await right.log(right.journal)
    assert faults(report) == {}
    assert report.figures["waiting"] == 2


async def test_a_topic_that_is_not_there_is_empty(full: World):
    full.settings = full.settings.model_copy(update={"topics": "elsewhere"})
    report = await full.log(full.journal)
    assert faults(report) == {}
    assert (report.figures["waiting"], report.figures["distinct_ids"]) == (3 * STREAMS, 0)


async def test_a_deleted_row_is_found(right: World):
    stream = right.streams[3]
    await right.db.execute("DELETE FROM event WHERE stream_id = $1 AND version = 2", stream)
    report = await right.log(right.journal)
    assert faults(report) == {"lost": 1, "answers_without_events": 1, "gaps": 2, "unknown": 1}
    assert {"stream": str(stream), "version": 2}.items() <= report.first[0].items()


async def test_a_deleted_last_row_is_found(right: World):
    stream = right.streams[3]
    await right.db.execute("DELETE FROM event WHERE stream_id = $1 AND version = 3", stream)
    assert faults(await right.log()) == {"answers_without_events": 1, "gaps": 2, "unknown": 1}


async def test_an_event_lost_together_with_its_answer_is_known_to_the_caller_alone(full: World):
    _, last = (await full.stored())[-1]
    await full.db.execute("DELETE FROM event WHERE event_id = $1", last.event_id)
    await full.db.execute("DELETE FROM answer WHERE key = $1", f"{last.stream_id} {last.version - 1}")
    await full.db.execute("UPDATE stream SET version = version - 1 WHERE stream_id = $1", last.stream_id)
    await full.db.execute(
        "UPDATE counter SET last = last - 1 WHERE last = $1 AND partition = 11", last.position
    )
    await full.publish()
    assert faults(await full.log()) == {}
    report = await full.log(full.journal)
    assert faults(report) == {"lost": 1}
    assert report.first[0]["stream"] == str(last.stream_id)


async def test_a_first_event_of_several_that_is_gone_is_known_to_the_caller(right: World):
    stream = right.streams[0]
    await right.db.execute("DELETE FROM event WHERE stream_id = $1 AND version = 1", stream)
    report = await right.log(right.journal)
    assert report.faults["lost"] == 1
    assert report.first[0]["why"].startswith("there is no event")


async def test_events_that_a_command_wrote_to_other_streams_are_looked_for(right: World):
    one, other = right.streams[:2]
    found = await right.db.fetch("SELECT event_id FROM event WHERE stream_id = $1", other)
    elsewhere = [{"id": str(row["event_id"]), "type": "NoteTaken"} for row in found]
    position = right.position(dict.fromkeys(range(PARTITIONS), 3 * STREAMS))
    answer = {"id": str(one), "version": 3, "events": elsewhere, "position": position}
    with Acks(right.journal) as acks:
        acks.add("contacts", ORG, CALLER, None, answer)
    assert faults(await right.log(right.journal)) == {}
    with Acks(right.journal) as acks:
        acks.add("contacts", ORG, CALLER, None, answer | {"events": [*elsewhere, {"id": str(uuid4())}]})
    assert faults(await right.log(right.journal)) == {"lost": 1}


async def test_a_position_that_is_not_reached_by_what_the_caller_was_told_is_found(right: World):
    answer = {"id": str(right.streams[0]), "version": 3, "events": [], "position": right.position({})}
    with Acks(right.journal) as acks:
        acks.add("contacts", ORG, CALLER, None, answer)
    assert faults(await right.log(right.journal)) == {"lost": 1}


async def test_an_answer_lost_alone_is_found(right: World):
    await right.db.execute("DELETE FROM answer WHERE key = $1", f"{right.streams[0]} 2")
    assert faults(await right.log(right.journal)) == {"forgotten": 1}


async def test_an_answer_whose_time_is_over_is_not_missed(right: World):
    await right.db.execute("UPDATE event SET recorded_at = recorded_at - interval '30 days'")
    await right.db.execute("DELETE FROM answer")
    assert "forgotten" not in faults(await right.log(right.journal))


async def test_a_changed_row_is_found(right: World):
    await right.db.execute(
        "UPDATE event SET data = '{}' WHERE stream_id = $1 AND version = 2", right.streams[0]
    )
    report = await right.log(right.journal)
    assert faults(report) == {"different": 1}
    assert report.figures["distinct_ids"] == 3 * STREAMS


async def test_a_row_that_became_another_event_is_found(right: World):
    await right.db.execute(
        "UPDATE event SET event_id = $2 WHERE stream_id = $1 AND version = 2", right.streams[0], uuid4()
    )
    report = await right.log(right.journal)
    assert faults(report) == {"lost": 1, "missing": 1, "unknown": 1, "position_conflicts": 1}


async def test_a_swapped_pair_of_rows_is_found(right: World):
    await right.db.execute(
        "UPDATE event SET version = version + 10 WHERE stream_id = $1 AND version < 3", right.streams[0]
    )
    await right.db.execute(
        "UPDATE event SET version = 13 - version WHERE stream_id = $1 AND version > 3", right.streams[0]
    )
    assert faults(await right.log()) == {"inversions": 1, "different": 2}


async def test_a_time_of_recording_that_goes_back_is_found(full: World):
    partition, fact = next(one for one in await full.stored() if one[1].position > 1)
    await full.db.execute(
        "UPDATE event SET recorded_at = recorded_at - interval '1 hour' WHERE event_id = $1", fact.event_id
    )
    await full.publish()
    report = await full.log(full.journal)
    assert faults(report) == {"time_inversions": 1}
    assert {"partition": partition, "position": fact.position}.items() <= report.first[0].items()


async def test_a_swapped_pair_of_records_is_found(full: World):
    log: list[tuple[int, Envelope]] = await full.stored()
    first, second = neighbours(log)
    log[first], log[second] = log[second], log[first]
    await full.publish(log)
    found = faults(await full.log(full.journal))
    assert found["inversions"] == 1
    assert found.keys() == {"inversions", "disorder"}


async def test_a_missing_record_is_found(full: World):
    log = await full.stored()
    _, left_out = log.pop(40)
    await full.publish(log)
    report = await full.log(full.journal)
    assert faults(report) == {"missing": 1}
    assert report.first[0]["event"] == str(left_out.event_id)
    assert report.figures["distinct_ids"] == 3 * STREAMS - 1


async def test_missing_records_at_the_end_are_found(full: World):
    log = await full.stored()
    await full.publish([(partition, fact) for partition, fact in log if partition != 4])
    assert faults(await full.log(full.journal)) == {"missing": sum(partition == 4 for partition, _ in log)}


async def test_a_second_record_with_other_bytes_is_found(right: World):
    partition, fact = (await right.stored())[40]
    await right.send([(partition, msgspec.structs.replace(fact, actor="somebody else"))])
    report = await right.log(right.journal)
    assert faults(report) == {"duplicates": 1}
    assert report.figures["distinct_ids"] == 3 * STREAMS


async def test_an_event_that_came_first_with_other_bytes_is_found(full: World):
    log = await full.stored()
    partition, fact = log[40]
    log.insert(40, (partition, msgspec.structs.replace(fact, actor="somebody else")))
    await full.publish(log)
    assert faults(await full.log(full.journal)) == {"duplicates": 1}


async def test_a_second_id_at_one_position_is_found(right: World):
    partition, fact = (await right.stored())[40]
    other = uuid4()
    await right.send([(partition, msgspec.structs.replace(fact, event_id=other))])
    report = await right.log(right.journal)
    assert faults(report) == {"position_conflicts": 1, "unknown": 1}
    assert report.first[1]["events"] == sorted([str(fact.event_id), str(other)])


async def test_a_record_ahead_of_the_table_is_found(right: World):
    partition, fact = (await right.stored())[-1]
    ahead = msgspec.structs.replace(
        fact, event_id=uuid4(), position_text=sequence(fact.position + 5), version=fact.version + 5
    )
    await right.send([(partition, ahead)])
    assert faults(await right.log(right.journal)) == {"unknown": 1}


async def test_a_record_that_is_no_event_is_found(right: World):
    await right.send([(3, b"hello"), (3, b"")])
    assert faults(await right.log(right.journal)) == {"unreadable": 2}
