"""A process of ours from its settings to its end."""

from __future__ import annotations

import logging as standard_logging
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from kernel import logging, tracing
from kernel.database import DatabaseAway
from kernel.migrate import SchemaMismatch
from kernel.settings import Settings, load
from kernel.vault.keys import KeysMissing

log = standard_logging.getLogger(__name__)


def run(name: str, work: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Does `work` as the process of that name, with settings from outside; what it lacks is told in one line,
    and the exit code is 2."""
    settings = load()
    logging.set_up(settings, name)
    tracing.set_up(name)
    try:
        if name not in settings.port:
            log.error("cannot run: no process %s, or RAPPORT_PORT__%s is not set", name, name.upper())
            raise SystemExit(2)
        uvloop.run(work(settings))
    except (DatabaseAway, SchemaMismatch, KeysMissing, OSError) as error:
        log.error("cannot run: %s", error)
        raise SystemExit(2) from error
    finally:
        tracing.shut_down()
