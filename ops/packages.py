"""What `demo`, `test` and `log` need beside the base, installed when they are first used."""

import importlib
import sys
from pathlib import Path

from ops import bootstrap
from ops.errors import CannotRun

DEMO, DEV, ARCHIVE = "requirements-demo.lock", "requirements-dev.lock", "requirements-archive.lock"


def need(lock: str) -> None:
    """Installs the packages of `lock` into the environment that runs this, unless that was done before."""
    try:
        bootstrap.ensure(Path(sys.prefix), lock)
    except bootstrap.Failed as failure:
        raise CannotRun(str(failure)) from failure
    importlib.invalidate_caches()
