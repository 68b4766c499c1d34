"""Where a local stack keeps its state, and which layout that state has."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from ops.errors import CannotRun

LAYOUT = 1
MEGABYTES_NEEDED = 256
"""What a stack takes before it holds anything."""
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files of one stack; two homes run side by side."""

    root: Path

    @property
    def layout(self) -> Path:
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
    def record(self) -> Path:
        """What only the operator's commands know: the administrator's DSN and the ports."""
        return self.root / "stack.json"


def find() -> Home:
    """The home named by RAPPORT_HOME, or the checkout's own."""
    named = os.environ.get("RAPPORT_HOME")
    return Home(Path(named).expanduser().absolute() if named else CHECKOUT / ".rapport")


def environment(home: Home) -> dict[str, str]:
    """The environment in which a process of ours finds this home and this checkout."""
    return {**os.environ, "RAPPORT_HOME": str(home.root), "PYTHONPATH": str(CHECKOUT)}


def check_layout(home: Home) -> None:
    """Refuses a home that a newer Rapport has written."""
    if not home.layout.exists():
        return
    text = home.layout.read_text().strip()
    if not text.isdigit() or int(text) > LAYOUT:
        raise CannotRun(
            f"the home {home.root} has layout {text!r} and this Rapport knows {LAYOUT}: "
            "use the newer Rapport that made it, or name another home in RAPPORT_HOME."
        )


def prepare(home: Home) -> None:
    """Makes the folders that are missing; what is there stays."""
    check_layout(home)
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(home.root).free >> 20
    if free < MEGABYTES_NEEDED:
        raise CannotRun(
            f"the disk is full ({free} MB are free at {home.root} and a stack needs {MEGABYTES_NEEDED}): "
            "make room, or name another home in RAPPORT_HOME."
        )
    for folder in (home.logs, home.run, home.keys, home.kafka):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not home.layout.exists():
        home.layout.write_text(f"{LAYOUT}\n")
