"""A rebuild for which the disk has no room stops and says so; what is read stays, and it goes on later."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from kernel.database import connect_pool
from kernel.settings import Settings
from kernel.view import versions
from kernel.view.building import beside
from ops.checkout import CHECKOUT
from ops.local.home import variables
from services.projections.customers.person import PERSON
from tests.conftest import CONTAINERS
from tests.ops.verify.showing import CONTACTS, Shown, showing

ROOM = 1024 * 1024
pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or CONTAINERS, reason="only root may mount a disk, and only here"
)

ROWS = "SELECT count(*) FROM person__v1"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], check=True)
    (folder / "tables").mkdir(mode=0o700)
    yield folder
    subprocess.run(["umount", folder], check=True)


@asynccontextmanager
async def on_disk(disk: Path, administrator: str, settings: Settings) -> AsyncIterator[None]:
    """Whatever the views' owner makes from now on stands there."""
    database = settings.dsn["projections_owner"].rsplit("/", 1)[1]
    db = await asyncpg.connect(administrator, database=database)
    await db.execute(f"CREATE TABLESPACE {database} LOCATION '{disk / 'tables'}'")
    await db.execute(f"GRANT CREATE ON TABLESPACE {database} TO projections_owner")
    await db.execute(
        f"ALTER ROLE projections_owner IN DATABASE {database} SET default_tablespace = {database}"
    )
    try:
        yield
    finally:
        for kind in ("TABLE", "INDEX"):
            await db.execute(f"ALTER {kind} ALL IN TABLESPACE {database} SET TABLESPACE pg_default")
        await db.execute(f"DROP TABLESPACE {database}")
        await db.close()


def fill(disk: Path) -> None:
    with (disk / "others").open("wb", buffering=0) as others:
        while True:
            others.write(bytes(1024))


@pytest.fixture
async def shown(settings: Settings, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    """A view of twenty rows, with its events on the topic."""
    async with showing(settings, postgres, tmp_path) as made:
        await made.log.publish()
        yield made


def rebuild(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "rebuild", "person", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables.of(settings)},
        capture_output=True,
        text=True,
        timeout=120,
    )


async def test_a_rebuild_without_room_on_the_disk_stops_says_so_and_goes_on_once_there_is(
    shown: Shown, settings: Settings, postgres: str, disk: Path
) -> None:
    async with on_disk(disk, postgres, settings):
        owners = await connect_pool(settings, "projections_owner", max_size=1)
        async with owners.acquire() as owner:
            await beside.begun(owner, PERSON)
        await owners.close()
        with pytest.raises(OSError, match="No space"):
            fill(disk)
        done = rebuild(settings, "--switch")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].startswith("rapport: no room is left on the disk of the database")
        assert "Traceback" not in done.stderr
        assert await versions.live(shown.worker, PERSON) == PERSON
        assert await shown.db.fetchval(ROWS) == len(CONTACTS)
        (disk / "others").unlink()
        done = rebuild(settings, "--compare", "--switch")
        assert done.returncode == 0, done.stderr
        assert f"{len(CONTACTS)} rows alike, 0 different" in done.stdout
        assert "person__v1_2 is read now" in done.stdout
