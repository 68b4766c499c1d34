"""Kafka's jars: fetched once by Maven coordinates, and used only if their SHA-256 is the committed one."""

import errno
import hashlib
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ops.errors import CannotRun

SUMS = Path(__file__).with_name("jars.sha256")


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the committed list."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def listed(sums: Path = SUMS) -> list[Jar]:
    return [Jar(line.split()[0], *line.split()[1].split(":")) for line in sums.read_text().splitlines()]


def folder() -> Path:
    """Beside the packages, in the environment that runs this."""
    return Path(sys.prefix) / "kafka"


def ready() -> Path:
    """The folder of the jars, fetched now if it is missing or of another list."""
    target = folder()
    stamp = target / SUMS.name
    if not (stamp.exists() and stamp.read_bytes() == SUMS.read_bytes()):
        fetch(target)
    return target


def fetch(target: Path) -> None:
    """Puts every listed jar into `target`, which appears whole or not at all; the list is the stamp."""
    print(f"fetching Kafka ({len(listed())} jars, 45 MB) …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix=".kafka-", dir=target.parent) as beside:
        whole = Path(beside) / "jars"
        whole.mkdir()
        with ThreadPoolExecutor(8) as pool:
            for jar, path in zip(
                listed(), pool.map(lambda jar: _download(jar, Path(beside)), listed()), strict=True
            ):
                check(jar, path)
                path.rename(whole / jar.file)
        shutil.copy(SUMS, whole)
        shutil.rmtree(target, ignore_errors=True)
        whole.rename(target)


def _download(jar: Jar, beside: Path) -> Path:
    import requests
    from jgo.maven import MavenContext

    maven = MavenContext(repo_cache=beside / "maven", local_repos=[], timeout=30)
    try:
        return maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    except requests.RequestException as error:
        raise CannotRun(
            f"{jar.file} could not be fetched from Maven Central ({type(error).__name__}): "
            "connect this machine to the network, or name its proxy in HTTPS_PROXY, and run again."
        ) from error
    except RuntimeError as error:
        raise CannotRun(f"Maven Central gave no {jar.file}: run again later.") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CannotRun("the disk is full: make room for 45 MB and run again.") from error
        raise


def check(jar: Jar, path: Path) -> None:
    """Refuses a file whose sum is not the committed one."""
    seen = hashlib.sha256(path.read_bytes()).hexdigest()
    if seen != jar.sha256:
        raise CannotRun(
            f"{jar.file} has the SHA-256 {seen} and not the committed {jar.sha256}: it was cut short or "
            "altered on its way; run again, and if it stays so do not trust the source."
        )
