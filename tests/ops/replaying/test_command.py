"""`replay` writes what lies on a topic, and opens what is personal only for a role that may see it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from kernel.log.envelope import Envelope, write
from kernel.settings import Settings
from ops.checkout import CHECKOUT
from ops.local.home import variables
from tests.conftest import Processes
from tests.ops.verify.showing import CONTACTS, Shown, life, showing
from tests.ops.verify.verifying import ORG
from tests.waiting import until

PUBLISHED = "SELECT sum(c.last) = sum(m.position) FROM counter c JOIN mark m USING (partition)"


def started(
    settings: Settings, *arguments: str, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ops", "replay", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings), **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def replayed(settings: Settings, *arguments: str, **environment: str) -> list[bytes]:
    """The lines that it writes; where it writes none it says so."""
    process = started(settings, "contacts", *arguments, **environment)
    out, err = process.communicate(timeout=60)
    none = b"" if out else f"{settings.topics}.contacts.g1: 0 events as asked for\n".encode()
    assert (process.returncode, err) == (0, none)
    return out.splitlines()


def refused(settings: Settings, *arguments: str, **environment: str) -> str:
    process = started(settings, *arguments, **environment)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, b"")
    return err.decode()


async def publish(shown: Shown, processes: Processes) -> None:
    relay = processes.start("relay", "contacts", settings=shown.log.settings)

    async def published() -> bool:
        return bool(await shown.log.db.fetchval(PUBLISHED))

    await until(published)
    relay.terminate()
    await asyncio.to_thread(relay.wait)


@pytest.fixture
async def shown(
    settings: Settings, postgres: str, tmp_path: Path, processes: Processes
) -> AsyncIterator[Shown]:
    """The lives of twenty contacts, on the topic as the relay puts them there."""
    async with showing(settings, postgres, tmp_path) as made:
        await publish(made, processes)
        yield made


async def in_order(shown: Shown) -> list[tuple[int, Envelope]]:
    """Every event with its partition, in the order of recording."""
    return sorted(await shown.log.stored(), key=lambda one: (one[1].recorded_at, one[0]))


async def test_a_topic_is_written_byte_for_byte_in_the_order_of_recording(shown: Shown) -> None:
    settings = shown.log.settings
    expected = [write(envelope) for _, envelope in await in_order(shown)]
    assert replayed(settings) == expected
    name = f"{settings.topics}.contacts.g1"
    assert started(settings, name).communicate(timeout=60)[0].splitlines() == expected
    told = refused(settings, f"{settings.topics}.contacts.g7")
    assert told.endswith(f"there is no topic {settings.topics}.contacts.g7: it is one of {name}.\n")


async def test_what_is_asked_for_is_written_and_nothing_else(shown: Shown) -> None:
    settings = shown.log.settings
    stored = await in_order(shown)

    def written(taken: Callable[[int, Envelope], bool]) -> list[bytes]:
        return [write(envelope) for partition, envelope in stored if taken(partition, envelope)]

    corrected = written(lambda _, e: e.type == "crm.contacts.NameCorrected")
    assert len(corrected) == len(CONTACTS)
    assert replayed(settings, "--type", "NameCorrected") == corrected
    assert replayed(settings, "--type", "crm.contacts.NameCorrected", "--limit", "3") == corrected[:3]
    both = written(lambda _, e: not e.type.endswith("IdentifierAdded"))
    assert replayed(settings, "--type", "NameCorrected", "--type", "ContactRegistered") == both
    assert len(replayed(settings, "--stream", str(CONTACTS[3]))) == 3
    assert replayed(settings, "--org", str(ORG)) == replayed(settings)
    assert replayed(settings, "--stream", str(uuid4())) == []
    place = stored[0][0]
    in_place = written(lambda partition, _: partition == place)
    assert replayed(settings, "--partition", str(place)) == in_place
    assert replayed(settings, "--partition", str(place), "--position", "2..3") == in_place[1:3]
    assert replayed(settings, "--partition", str(place), "--position", "2..") == in_place[1:]


async def test_where_nothing_can_be_found_it_is_refused_and_says_why(shown: Shown) -> None:
    settings, topic = shown.log.settings, f"{shown.log.settings.topics}.contacts.g1"
    assert "contacts has no events of organisation" in refused(settings, "contacts", "--org", "somebody else")
    ((place, last),) = Counter(place for place, _ in await shown.log.stored()).most_common(1)
    beyond = "--partition", str(place), "--position", f"{last + 1}.."
    told = refused(settings, "contacts", *beyond)
    assert f"partition {place} of {topic} ends before position {last + 1}: it has {last} record" in told
    assert len(replayed(settings, *beyond[:3], f"{last}..")) == 1
    _, err = started(settings, topic, "--org", "somebody else").communicate(timeout=60)
    assert err == f"{topic}: 0 events as asked for\n".encode()


async def test_a_time_names_what_was_recorded_by_then(shown: Shown) -> None:
    settings = shown.log.settings
    stored = [envelope for _, envelope in await in_order(shown)]
    since, until = stored[20].recorded_at, stored[40].recorded_at
    found = replayed(settings, "--since", since.isoformat(), "--until", until.isoformat())
    assert found == [write(one) for one in stored if since <= one.recorded_at <= until]
    later = stored[-1].recorded_at + timedelta(seconds=1)
    assert replayed(settings, "--since", later.isoformat()) == []
    assert replayed(settings, "--since", "2020-01-01", "--limit", "1") == [write(stored[0])]


async def test_what_the_topic_repeats_is_written_once_and_what_is_no_event_is_counted(shown: Shown) -> None:
    settings = shown.log.settings
    before = replayed(settings)
    stored = await shown.log.stored()
    await shown.log.send([*stored[:10], (stored[0][0], b"{]")])
    out, err = started(settings, "contacts").communicate(timeout=60)
    assert out.splitlines() == before
    assert err.endswith(b": left out, as no event: 1 record\n")


async def test_a_file_is_there_whole_and_for_its_owner_alone(shown: Shown, tmp_path: Path) -> None:
    settings = shown.log.settings
    file = tmp_path / "out" / "events.ndjson"
    file.parent.mkdir()
    out, _ = started(settings, "contacts", "--output", str(file), "--json").communicate(timeout=60)
    told = json.loads(out)
    assert (told["events"], told["file"]) == (3 * len(CONTACTS), str(file))
    assert file.read_bytes().splitlines() == replayed(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


async def test_what_is_no_plain_file_is_written_into_and_a_link_stays_one(
    shown: Shown, tmp_path: Path
) -> None:
    settings = shown.log.settings
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    started(settings, "contacts", "--output", str(pipe)).communicate(timeout=60)
    lines = os.read(reader, 1 << 20).splitlines()  # a pipe holds as much
    os.close(reader)
    assert lines == replayed(settings)
    assert pipe.is_fifo()
    link.symlink_to(file)
    started(settings, "contacts", "--output", str(link)).communicate(timeout=60)
    assert link.readlink() == file
    assert file.read_bytes().splitlines() == lines


async def test_a_file_that_cannot_be_written_is_named(shown: Shown, tmp_path: Path) -> None:
    settings = shown.log.settings
    away = tmp_path / "none" / "x"
    told = refused(settings, "contacts", "--output", str(away))
    assert told == f"rapport: {away} cannot be written: No such file or directory.\n"
    told = refused(settings, "contacts", "--output", "/dev/full")
    assert told == "rapport: /dev/full cannot be written: No space left on device.\n"
    full = os.open("/dev/full", os.O_WRONLY)
    process = started(settings, "contacts", stdout=full)
    os.close(full)
    _, err = process.communicate(timeout=60)
    told = "rapport: standard output cannot be written: No space left on device.\n"
    assert (process.returncode, err.decode()) == (2, told)


async def test_follow_goes_on_with_what_comes_and_ends_well(shown: Shown, processes: Processes) -> None:
    settings = shown.log.settings
    process = started(settings, "contacts", "--follow", "--type", "ContactRegistered")
    assert process.stdout is not None
    for _ in CONTACTS:
        await asyncio.to_thread(process.stdout.readline)
    contact = uuid4()
    await shown.record(contact, 0, *life(100, contact))
    await publish(shown, processes)
    line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 30)
    assert json.loads(line)["subject"] == str(contact)
    process.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(process.wait, 30) == 0


@pytest.mark.parametrize(("option", "lines"), [("--limit=60", 1), ("--follow", 60)])
async def test_a_reader_that_has_seen_enough_is_no_error(shown: Shown, option: str, lines: int) -> None:
    process = started(shown.log.settings, "contacts", option)
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(lines):
        assert await asyncio.to_thread(process.stdout.readline)
    process.stdout.close()
    assert await asyncio.to_thread(process.wait, 30) == 0
    assert process.stderr.read() == b""


async def openings(shown: Shown) -> list[dict[str, Any]]:
    owner = await asyncpg.connect(shown.log.settings.dsn["vault_owner"])
    found = [dict(row) for row in await owner.fetch("SELECT * FROM vault.opening ORDER BY opened_at")]
    await owner.close()
    return found


async def test_personal_parts_are_opened_for_a_role_that_may_see_them_and_that_is_on_record(
    shown: Shown, token: Callable[..., str], tmp_path: Path
) -> None:
    settings = shown.log.settings
    assert not any(b"Byron" in line for line in replayed(settings))
    lines = replayed(settings, "--open", RAPPORT_TOKEN=token(str(ORG), "privacy-officer"))
    events = [json.loads(line) for line in lines]
    names = {one["data"]["personal"]["name"]["family"] for one in events if "Registered" in one["type"]}
    assert names == {f"Byron{number}" for number in range(len(CONTACTS))}
    assert not any("personal" in event for event in events)
    (record,) = await openings(shown)
    assert (record["org_id"], record["role"], record["subject"]) == (ORG, "privacy-officer", "local")
    assert "replay contacts --open" in record["asked"]
    file = tmp_path / "token"
    file.write_text(token(str(ORG), "manager"))
    assert replayed(settings, "--open", "--token-file", str(file), "--limit", "5") == lines[:5]
    assert len(await openings(shown)) == 2


async def test_an_erased_persons_part_stays_sealed(shown: Shown, token: Callable[..., str]) -> None:
    owner = await asyncpg.connect(shown.log.settings.dsn["vault_owner"])
    await owner.execute("CREATE POLICY erasing ON vault.person_key TO vault_owner USING (true)")
    await owner.execute("UPDATE vault.person_key SET wrapped = NULL WHERE person_id = $1", CONTACTS[0])
    await owner.close()
    lines = replayed(shown.log.settings, "--open", RAPPORT_TOKEN=token(str(ORG), "manager"))
    events = [json.loads(line) for line in lines]
    sealed = {event["subject"] for event in events if "personal" in event}
    assert sealed == {str(CONTACTS[0])}


async def test_nobody_else_opens_anything(shown: Shown, token: Callable[..., str]) -> None:
    settings = shown.log.settings
    for role in ("operator", "marketer", "integrator"):
        told = refused(settings, "contacts", "--open", RAPPORT_TOKEN=token(str(ORG), role))
        assert f"the role {role} may not see personal values" in told
    customer = token(str(ORG), "customer", CONTACTS[0])
    assert "may not see" in refused(settings, "contacts", "--open", RAPPORT_TOKEN=customer)
    assert "token is not valid" in refused(settings, "contacts", "--open", RAPPORT_TOKEN="x.y.z")
    assert "needs a token" in refused(settings, "contacts", "--open")
    manager = token("somebody else", "manager")
    assert replayed(settings, "--open", RAPPORT_TOKEN=manager) == []
    told = refused(settings, "contacts", "--open", "--org", str(ORG), RAPPORT_TOKEN=manager)
    assert "opens no other's events" in told
    assert [record["role"] for record in await openings(shown)] == ["manager"]


def test_what_cannot_be_is_refused(settings: Settings) -> None:
    assert "contacts, sales" in refused(settings, "letters")
    assert "there is no topic" in refused(settings, f"{settings.topics}.contacts.g7")
    assert "did you mean NameCorrected?" in refused(settings, "contacts", "--type", "NameCorected")
    assert "type Nope: it has " in (told := refused(settings, "contacts", "--type", "Nope"))
    assert "NameCorrected" in told
    assert "--partition" in refused(settings, "contacts", "--position", "3")
    assert "--follow" in refused(settings, "contacts", "--follow", "--until", "2026-11-01")
    assert "later" in refused(settings, "contacts", "--since", "2026-11-02", "--until", "2026-11-01")
    assert "--output" in refused(settings, "contacts", "--json")
    for wrong in ("3..1", "0", "x", ".."):
        assert "no position" in refused(settings, "contacts", "--partition", "1", "--position", wrong)
    assert "no time" in refused(settings, "contacts", "--since", "yesterday")
