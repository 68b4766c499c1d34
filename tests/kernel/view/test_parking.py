"""What a view cannot take is parked with its stream, and with nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid5

import asyncpg
import pytest

from kernel.settings import Settings
from kernel.taking.fact import Fact
from kernel.view.view import View
from tests.folding import fold_all
from tests.kernel.view.conftest import caught_up, retry, rows_of, working
from tests.kernel.view.parked import mended
from tests.parcels.events import ParcelPosted, ParcelSeen, ParcelWeighed
from tests.parcels.log import ORG, Log, publish, send
from tests.parcels.views import LOAD, PARCEL, POISON, SIGHTING, VIEWS, Load
from tests.waiting import until

AT = datetime(2026, 2, 1, tzinfo=UTC)
CONTACT = uuid5(ORG, "contact")
BAD = uuid5(ORG, "parcel 3")


def a_log_with(bad: ParcelPosted | ParcelSeen | ParcelWeighed) -> Log:
    """Forty streams of three events; in one of them the second is `bad`."""
    log = Log()
    streams = [uuid5(ORG, f"parcel {number}") for number in range(40)]
    for stream in streams:
        log.append(stream, ParcelPosted(contact_id=CONTACT, grams=1))
    for stream in streams:
        log.append(stream, bad if stream == BAD else ParcelSeen(place="depot", at=AT))
        log.append(stream, ParcelSeen(place="door", at=AT))
    return log


def without_the_bad_tail(log: Log) -> list[Fact[object]]:  # type: ignore[type-var]
    return [f for f in log.facts if f.envelope.stream_id != BAD or f.envelope.version == 1]


async def parked(pool: asyncpg.Pool, view: View[object]) -> list[tuple[int | None, str]]:  # type: ignore[type-var]
    rows = await pool.fetch("SELECT position, reason FROM parked WHERE taker = $1 ORDER BY seq", view.taker)
    return [(row["position"], row["reason"]) for row in rows]


async def test_a_poison_event_parks_its_stream_in_that_view_and_nothing_else(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = a_log_with(ParcelWeighed(contact_id=CONTACT, grams=POISON, before=1))
    await publish(settings, log.facts)
    async with working(settings, pool) as worker:
        await caught_up(pool, log.facts)

        async def told() -> bool:
            parked = (await worker.progress.readiness()).details["parked"]
            return bool(parked["parcel"] == 2 and parked["sighting"] == 0)

        await until(told)
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, without_the_bad_tail(log))
    assert [reason for _, reason in await parked(pool, PARCEL)] == [
        "ValueError",
        "waits behind a parked event of its stream",
    ]
    for view in (LOAD, SIGHTING):
        assert await rows_of(pool, view) == fold_all(view, log.facts)
        assert await parked(pool, view) == []


async def test_a_worker_tells_what_is_parked_no_longer_once_somebody_took_it(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = a_log_with(ParcelWeighed(contact_id=CONTACT, grams=POISON, before=1))
    await publish(settings, log.facts)
    async with working(settings, pool) as worker:

        async def tells(parked: int) -> bool:
            return bool((await worker.progress.readiness()).details["parked"]["parcel"] == parked)

        await caught_up(pool, log.facts)
        await until(lambda: tells(2))
        await retry(pool, mended)
        await until(lambda: tells(0))


async def test_what_comes_later_to_a_parked_stream_waits_behind_it(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = a_log_with(ParcelWeighed(contact_id=CONTACT, grams=POISON, before=1))
    await publish(settings, log.facts)
    async with working(settings, pool):
        await caught_up(pool, log.facts)
        published = len(log.facts)
        log.append(BAD, ParcelSeen(place="moon", at=AT))
        await publish(settings, log.facts[published:])
        await caught_up(pool, log.facts)
    assert len(await parked(pool, PARCEL)) == 3


async def test_a_value_that_the_database_refuses_parks_its_event_alone(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = a_log_with(ParcelWeighed(contact_id=CONTACT, grams=2**80, before=1))
    await publish(settings, log.facts)
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, without_the_bad_tail(log))
    assert len(await parked(pool, PARCEL)) == 2
    assert len(await parked(pool, LOAD)) == 1
    loads = await rows_of(pool, LOAD)
    assert sum(row.parcels for row in loads.values()) == 40


async def test_records_that_are_no_events_of_ours_are_parked_and_the_rest_goes_on(
    settings: Settings, pool: asyncpg.Pool
) -> None:
    log = Log()
    log.append(BAD, ParcelPosted(contact_id=CONTACT, grams=1))
    await publish(settings, log.facts)
    place = log.facts[0].partition
    other_service = log.facts[0].raw.replace(b"crm.parcels.", b"crm.letters.")
    garbage = [b"", b"\xff\xfe", b"[]", other_service, log.facts[0].raw[:-9]]
    await send(settings, [("parcels", place, value) for value in garbage])
    published = len(log.facts)
    log.append(BAD, ParcelWeighed(contact_id=CONTACT, grams=3, before=1))
    await publish(settings, log.facts[published:])
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    for view in VIEWS:
        assert [position for position, _ in await parked(pool, view)] == [None] * len(garbage)
    assert list((await rows_of(pool, LOAD)).values()) == [Load(CONTACT, 1, 3)]


async def test_an_event_of_a_later_version_is_parked_until_the_program_is_upgraded(
    settings: Settings, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log_with(ParcelWeighed(contact_id=CONTACT, grams=3, before=1))
    later = [fact.raw.replace(b"ParcelWeighed.v1", b"ParcelWeighed.v2") for fact in log.facts]
    await send(settings, [("parcels", f.partition, raw) for f, raw in zip(log.facts, later, strict=True)])
    async with working(settings, pool):
        await caught_up(pool, log.facts)
    assert [reason for _, reason in await parked(pool, PARCEL)] == [
        "crm.parcels.ParcelWeighed version 2 is newer than 1, the newest known",
        "waits behind a parked event of its stream",
    ]
    assert await rows_of(pool, PARCEL) == fold_all(PARCEL, without_the_bad_tail(log))
    assert await parked(pool, SIGHTING) == []
    monkeypatch.setattr(ParcelWeighed, "version", 2)
    monkeypatch.setattr(ParcelWeighed, "upcasters", {1: dict})
    for view in (PARCEL, LOAD):
        assert (await retry(pool, view)).left == 0
        assert await rows_of(pool, view) == fold_all(view, log.facts)
    assert await pool.fetchval("SELECT sum(parked) FROM checkpoint") == 0
