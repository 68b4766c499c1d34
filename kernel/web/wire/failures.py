"""What an error on the way means to the caller: the problem that it is, and never more than that."""

from __future__ import annotations

import logging

from kernel.database import DatabaseAway
from kernel.log.facts import UnknownVersion
from kernel.web.problems import Problem, outdated, unavailable

log = logging.getLogger(__name__)


def problem_of(error: Exception, **where: object) -> Problem:
    """A problem as it stands; a lost database, or an event of a later version, as 503; else a defect: 500.

    What is no problem of the caller's making is logged.
    `where` goes into the log line: route, trace, correlation, stream; nothing personal.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, DatabaseAway):
        return unavailable(
            "The database is away for the moment. Try again: a command with the same Idempotency-Key."
        )
    if isinstance(error, UnknownVersion):
        log.error("an event of a later version is to be read", extra={**where, "reason": str(error)})
        return outdated(error)
    log.error("unexpected error in a request", exc_info=error, extra=where)
    return Problem("internal", "This is a fault on our side; it has been logged.")
