"""What one append writes, and what the store answers when it writes nothing."""

import socket
from datetime import timedelta

from kernel.database import connect_pool
from kernel.ids import new_id
from kernel.log.partitions import partition_of
from kernel.log.store.answers import forget_answers
from kernel.log.store.append import Answered, Appended, Stale, Taken
from kernel.settings import Settings
from tests.connecting import connected
from tests.kernel.log.store.appends import NOON, append, email, noted, opened, write


async def test_an_appended_event_is_loaded_as_it_was_written(database: Settings):
    org, stream, contact = new_id(), new_id(), new_id()
    first, second = noted(b'{"a": 1}', b"sealed"), noted(b'{"b":2}')
    async with opened(database) as store:
        done = await store.append(append(org, write(stream, 0, [first, second], key=contact)))
        loaded = (await store.load(org, [stream])).streams[stream]
    assert isinstance(done, Appended)
    assert (done.streams[stream].first, done.streams[stream].last) == (1, 2)
    assert done.streams[stream].partition == partition_of(contact) == loaded.partition
    assert done.streams[stream].position == 2 == loaded.position
    assert (loaded.kind, loaded.partition_key, loaded.version) == ("contact", contact, 2)
    assert [event.data for event in loaded.events] == [b'{"a": 1}', b'{"b":2}']
    assert [event.personal for event in loaded.events] == [b"sealed", None]
    assert [event.event_id for event in loaded.events] == [first.event_id, second.event_id]
    assert loaded.events[0].occurred_at == NOON


async def test_only_what_is_newer_than_a_known_version_is_loaded(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream, 0, 3)))
        newer = (await store.load(org, [stream], after={stream: 2})).streams[stream]
        nothing_new = (await store.load(org, [stream], after={stream: 3})).streams[stream]
    assert [event.version for event in newer.events] == [3]
    assert (nothing_new.version, nothing_new.events, nothing_new.position) == (3, (), 3)


async def test_what_no_decision_looks_at_is_not_loaded_yet_the_stream_is_where_it_is(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database, unread=["InteractionRecorded"]) as store:
        called, named = noted(type="InteractionRecorded"), noted(type="NameCorrected")
        await store.append(append(org, write(stream, 0, [noted(), called, named, called])))
        loaded = (await store.load(org, [stream])).streams[stream]
        await store.append(append(org, write(stream, 4, [named])))
        newer = (await store.load(org, [stream], after={stream: 1})).streams[stream]
    assert [event.version for event in loaded.events] == [1, 3, 4]
    assert (loaded.version, loaded.position) == (4, 4)
    assert [event.version for event in newer.events] == [3, 5]


async def test_an_unknown_stream_and_a_foreign_one_are_both_absent(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream)))
        assert (await store.load(new_id(), [stream])).streams == {}
        assert (await store.load(org, [new_id()])).streams == {}


async def test_a_version_that_has_passed_is_stale_and_writes_nothing(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream)))
        assert await store.append(append(org, write(stream), key="k")) == Stale((stream,))
        assert await store.append(append(org, write(stream, 2))) == Stale((stream,))
        assert (await store.load(org, [stream])).streams[stream].version == 1
        assert await store.answer(org, "agent", "k") is None


async def test_a_stream_keeps_its_partition_key_for_life(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(stream)))
        assert await store.append(append(org, write(stream, 1, key=new_id()))) == Stale((stream,))


async def test_a_write_without_events_only_checks_the_version(database: Settings):
    org, read, written = new_id(), new_id(), new_id()
    async with opened(database) as store:
        await store.append(append(org, write(read)))
        assert await store.append(append(org, write(read, 2, 0), write(written))) == Stale((read,))
        done = await store.append(append(org, write(read, 1, 0), write(written)))
        assert isinstance(done, Appended)
        assert list(done.streams) == [written]
        assert (await store.load(org, [read])).streams[read].version == 1


async def test_a_repeated_key_gets_its_answer_and_writes_nothing(database: Settings):
    org, stream, other = new_id(), new_id(), new_id()
    begun, added = noted(), noted()
    async with opened(database) as store:
        await store.append(append(org, write(stream, 0, [begun])))
        done = await store.append(append(org, write(stream, 1, [added]), write(other, 0, 2), key="k"))
        again = await store.append(append(org, write(new_id()), key="k", digest=b"another body"))
        looked_up = await store.answer(org, "agent", "k")
    assert isinstance(done, Appended)
    assert isinstance(again, Answered)
    assert again.answer == looked_up
    assert (again.answer.outcome, again.answer.digest) == ("accepted", b"body")
    assert again.answer.answered_at == done.recorded_at
    (mine, others) = again.answer.streams
    assert (mine.stream_id, mine.first, mine.last) == (stream, 2, 2)
    assert mine.events == ((added.event_id, "Noted", 2),)
    assert (mine.partition, mine.position) == (done.streams[stream].partition, done.streams[stream].position)
    assert (others.stream_id, others.position) == (other, done.streams[other].position)


async def test_keys_belong_to_their_organisation_and_caller(database: Settings):
    org = new_id()
    async with opened(database) as store:
        one = await store.append(append(org, write(new_id()), key="k"))
        two = await store.append(append(new_id(), write(new_id()), key="k"))
        three = await store.append(append(org, write(new_id()), key="k", caller="manager"))
    assert all(isinstance(done, Appended) for done in (one, two, three))


async def test_nothing_to_do_is_an_answer_that_remembers_the_stream(database: Settings):
    org, stream = new_id(), new_id()
    async with opened(database) as store:
        done = await store.append(append(org, write(stream, 0, 2)))
        await store.append(append(org, write(stream, 2, 0), key="k", outcome="unchanged"))
        await store.append(append(org, write(stream, 2)))
        answer = await store.answer(org, "agent", "k")
    assert isinstance(done, Appended)
    assert answer is not None
    assert answer.outcome == "unchanged"
    (remembered,) = answer.streams
    assert (remembered.stream_id, remembered.last, remembered.events) == (stream, 2, ())
    assert remembered.position == done.streams[stream].position


async def test_a_rejected_command_keeps_its_sealed_problem(database: Settings):
    org = new_id()
    async with opened(database) as store:
        await store.append(append(org, key="k", outcome="rejected", problem=b"sealed"))
        answer = await store.answer(org, "agent", "k")
    assert answer is not None
    assert (answer.outcome, answer.problem, answer.streams) == ("rejected", b"sealed", ())


async def test_answers_are_forgotten_when_they_are_old(database: Settings):
    org = new_id()
    pool = await connect_pool(database, "contacts_log")
    async with opened(database) as store:
        await store.append(append(org, write(new_id()), key="k"))
        assert await forget_answers(pool) == 0
        assert await store.answer(org, "agent", "k") is not None
        assert await forget_answers(pool, kept=timedelta(0)) == 1
        assert await store.answer(org, "agent", "k") is None
    await pool.close()


async def test_a_claim_is_held_by_one_stream_of_an_organisation(database: Settings):
    org, holder, rival = new_id(), new_id(), new_id()
    ada = email("ada")
    async with opened(database) as store:
        await store.append(append(org, write(holder, takes=[ada])))
        assert await store.append(append(org, write(rival, takes=[ada]), key="k")) == Taken(ada, holder)
        assert (await store.load(org, [rival], answer_of=("agent", "k"))).answer is None
        assert isinstance(await store.append(append(new_id(), write(rival, takes=[ada]))), Appended)
        assert isinstance(await store.append(append(org, write(holder, 1, takes=[ada]))), Appended)


async def test_a_released_claim_is_free(database: Settings):
    org, former, next_ = new_id(), new_id(), new_id()
    ada = email("ada")
    async with opened(database) as store:
        await store.append(append(org, write(former, takes=[ada])))
        await store.append(append(org, write(former, 1, releases=[ada])))
        assert isinstance(await store.append(append(org, write(next_, takes=[ada]))), Appended)


async def test_one_command_may_hand_a_claim_from_one_stream_to_another(database: Settings):
    org, former, next_ = new_id(), new_id(), new_id()
    ada = email("ada")
    async with opened(database) as store:
        await store.append(append(org, write(former, takes=[ada])))
        handed = append(org, write(next_, takes=[ada]), write(former, 1, releases=[ada]))
        assert isinstance(await store.append(handed), Appended)
        assert await store.append(append(org, write(new_id(), takes=[ada]))) == Taken(ada, next_)


async def test_a_stream_releases_only_what_it_holds(database: Settings):
    org, holder = new_id(), new_id()
    ada = email("ada")
    async with opened(database) as store:
        await store.append(append(org, write(holder, takes=[ada])))
        await store.append(append(org, write(new_id(), releases=[ada])))
        assert await store.append(append(org, write(new_id(), takes=[ada]))) == Taken(ada, holder)


async def test_an_append_wakes_the_relay(database: Settings):
    async with opened(database) as store:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
            relay.bind(("127.0.0.1", database.port["contacts_relay"]))
            relay.settimeout(5)
            await store.append(append(new_id(), write(new_id())))
            relay.recv(1)


async def test_an_event_remembers_who_and_why(database: Settings):
    org, cause, correlation = new_id(), new_id(), new_id()
    why = {"correlation_id": correlation, "causation_id": cause, "trace": "00-trace", "origin": "imported"}
    async with opened(database) as store, connected(database) as connection:
        await store.append(append(org, write(new_id()), caller="integrator-7", **why))
        row = await connection.fetchrow("SELECT * FROM event")
    assert row["actor"] == "integrator-7"
    assert (row["correlation_id"], row["causation_id"]) == (correlation, cause)
    assert (row["trace"], row["origin"]) == ("00-trace", "imported")
