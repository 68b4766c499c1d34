"""A relay publishes on the topic of the generation that the marks name, and notices when they are moved."""

import subprocess

import pytest

from kernel.database import connect_pool
from kernel.log.halt import halt, halted
from kernel.log.relay.marks import begin_generation
from kernel.log.topics import delete_topic, ensure_topic, existing, topic
from kernel.settings import Settings
from tests.conftest import Processes
from tests.connecting import connected
from tests.kernel.log.relaying import append, buried, leads, opened, published, readiness
from tests.kernel.log.test_relay_comparison import RESTORE
from tests.kernel.log.topic_records import repeats_of_whole_topic, told
from tests.waiting import until


@pytest.fixture
async def relay(settings: Settings, processes: Processes) -> "subprocess.Popen[bytes]":
    """A relay under way that has published all there is: five events of one stream."""
    process = processes.start("relay", "contacts", settings=settings)
    async with opened(settings) as store:
        await append(store, 1, events=5)
    await until(lambda: published(settings))
    return process


async def begin(settings: Settings, generation: int) -> None:
    pool = await connect_pool(settings, "contacts_log", max_size=1)
    await begin_generation(pool, generation, True)
    await pool.close()


async def halts(settings: Settings, reason: str) -> None:
    async def has_halted() -> bool:
        async with connected(settings) as connection:
            return reason in (await halted(connection) or "")

    await until(has_halted)


async def test_a_relay_under_way_publishes_the_log_anew_when_a_generation_begins(
    settings: Settings, relay: "subprocess.Popen[bytes]"
) -> None:
    former = await told(settings)
    await begin(settings, 2)
    await until(lambda: published(settings))
    async with opened(settings) as store:
        await append(store, 20)
    await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings, 2) == 0
    assert await told(settings) == former
    assert (await readiness(settings))[1]["topic"] == topic(settings, "contacts", 2)


async def test_a_lost_topic_is_made_anew_and_commands_go_on(
    settings: Settings, relay: "subprocess.Popen[bytes]"
) -> None:
    await delete_topic(settings, topic(settings, "contacts", 1))
    async with opened(settings) as store:
        await append(store, 1)
    await halts(settings, "was published at offset")
    await begin(settings, 2)
    await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings, 2) == 0
    async with connected(settings) as connection:
        assert await halted(connection) is None


async def test_a_relay_killed_while_it_publishes_anew_goes_on_where_it_was(
    settings: Settings,
    relay: "subprocess.Popen[bytes]",
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    relay.kill()
    await buried(settings, relay)
    async with opened(settings) as store:
        await append(store, 200)
    await begin(settings, 2)
    monkeypatch.setenv("RAPPORT_FAILPOINT", "relay.sent")
    await buried(settings, processes.start("relay", "contacts", settings=settings))
    monkeypatch.delenv("RAPPORT_FAILPOINT")
    processes.start("relay", "contacts", settings=settings)
    await until(lambda: published(settings))
    assert await repeats_of_whole_topic(settings, 2) > 0


async def test_a_store_restored_under_a_running_relay_halts(
    settings: Settings, relay: "subprocess.Popen[bytes]"
) -> None:
    await until(lambda: leads(settings))
    async with connected(settings, "contacts_owner") as owner:
        await owner.execute(RESTORE)
    await halts(settings, "holds position 4, which the store lacks")


async def test_a_restored_store_that_knows_of_a_former_topic_only_halts(
    settings: Settings, relay: "subprocess.Popen[bytes]"
) -> None:
    later = topic(settings, "contacts", 2)
    await ensure_topic(settings, later)
    async with connected(settings) as connection:
        await connection.execute("UPDATE lease SET epoch = epoch + 1, expires_at = '-infinity'")
    await halts(settings, f"{later} is there")


async def test_what_was_found_of_a_former_generation_stops_nothing(settings: Settings) -> None:
    pool = await connect_pool(settings, "contacts_log", max_size=1)
    await begin_generation(pool, 2, True)
    await halt(pool, "found of the first", 1)
    assert await halted(pool) is None
    await halt(pool, "found of the second", 2)
    assert await halted(pool) == "found of the second"
    await begin_generation(pool, 2, True)
    assert await halted(pool) == "found of the second"
    await pool.close()


async def test_the_topics_of_a_service_are_told_by_their_generations(settings: Settings) -> None:
    for name in ("contacts", "contacts.more"):
        for generation in (10, 9):
            await ensure_topic(settings, topic(settings, name, generation))
    ninth, tenth = topic(settings, "contacts", 9), topic(settings, "contacts", 10)

    async def are_known() -> bool:
        return await existing(settings, "contacts") == [ninth, tenth]

    await until(are_known)
    assert await existing(settings, "contacts", since=10) == [tenth]
