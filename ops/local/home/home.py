"""Where a local stack keeps its state, and which folders are such a home."""

import contextlib
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from ops.checkout import CHECKOUT
from ops.errors import CannotRun
from ops.local.files import write_whole

LAYOUT = 1
MEGABYTES_NEEDED = 256
"""What a stack takes before it holds anything."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one stack; two homes run side by side."""

    root: Path

    @property
    def layout(self) -> Path:
        """The marker: a folder is a home because this file holds a number."""
        return self.root / "layout"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def jwks(self) -> Path:
        return self.root / "jwks.json"

    @property
    def settings(self) -> Path:
        """The settings of all processes, read by kernel.settings."""
        return self.root / "rapport.env"

    @property
    def stack(self) -> Path:
        """What only the operator's commands know: the administrator's DSN and the ports."""
        return self.root / "stack.json"


DEFAULT = Home(CHECKOUT / ".rapport")


def find() -> Home:
    """The home named by RAPPORT_HOME, or the checkout's own."""
    named = os.environ.get("RAPPORT_HOME")
    return Home(Path(named).expanduser().absolute()) if named else DEFAULT


def export(home: Home) -> str:
    """What tells any shell of this home; empty for the checkout's own, which needs no telling."""
    return "" if home == DEFAULT else f"export RAPPORT_HOME={shlex.quote(str(home.root))}"


def environment(home: Home) -> dict[str, str]:
    """The environment in which a process of ours finds this home and this checkout."""
    return {**os.environ, "RAPPORT_HOME": str(home.root), "PYTHONPATH": str(CHECKOUT)}


def is_home(home: Home) -> bool:
    """Whether a Rapport has settled here; raises CannotRun where it was a newer one."""
    try:
        found = re.fullmatch(rb"([1-9][0-9]{0,5})\n?", home.layout.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False
    if found and int(found[1]) > LAYOUT:
        raise CannotRun(
            f"the home {home.root} has layout {int(found[1])} and this Rapport knows {LAYOUT}: "
            "use the newer Rapport that made it, or name another home in RAPPORT_HOME."
        )
    return found is not None


def refuse_foreign(home: Home) -> None:
    """Refuses what is neither a home nor free to become one: nobody else's files are ever touched."""
    if is_home(home) or not home.root.exists():
        return
    # A start that was cut off may have left a half-written marker.
    if not home.root.is_dir() or any(not path.name.startswith(".layout.") for path in home.root.iterdir()):
        raise CannotRun(
            f"{home.root} is not empty and is no home of Rapport: name another folder in RAPPORT_HOME."
        )


def prepare(home: Home) -> None:
    """Settles in an empty folder, or completes a home; what is there stays."""
    refuse_foreign(home)
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(home.root).free >> 20
    if free < MEGABYTES_NEEDED:
        raise CannotRun(
            f"the disk is full ({free} MB are free at {home.root} and a stack needs {MEGABYTES_NEEDED}): "
            "make room, or name another home in RAPPORT_HOME."
        )
    if not is_home(home):
        write_whole(home.layout, f"{LAYOUT}\n")  # first, so that a start that is cut off leaves a home
    for folder in (home.logs, home.run, home.keys, home.kafka):
        folder.mkdir(mode=0o700, exist_ok=True)


def erase(home: Home) -> None:
    """Deletes the home with all that it holds; the marker goes last, so that it can be repeated."""
    if not is_home(home):
        raise CannotRun(f"{home.root} is no home of Rapport: nothing is deleted.")
    for path in home.root.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != home.layout:
            path.unlink()
    home.layout.unlink()
    with contextlib.suppress(OSError):  # a mount point, or a folder that a link names, stays and is empty
        home.root.rmdir()
