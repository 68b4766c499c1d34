"""What an error on the way means to the caller: the problem that it is, and never more than that."""

from __future__ import annotations

import logging

from kernel.database import DatabaseAway
from kernel.web.problems import Problem, unavailable

log = logging.getLogger(__name__)


def problem_of(error: Exception, **where: object) -> Problem:
    """A problem as it stands; a lost database as 503; anything else is a defect of ours: logged, and 500.

    `where` goes into the log line: route, trace, correlation, stream; nothing personal.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, DatabaseAway):
        return unavailable(
            "The database is away for the moment. Try again: a command with the same Idempotency-Key."
        )
    log.error("unexpected error in a request", exc_info=error, extra=where)
    return Problem("internal", "This is a fault on our side; it has been logged.")
