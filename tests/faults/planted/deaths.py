"""Bugs that a death at any moment brings to light, whatever the process was about."""

from __future__ import annotations

from tests.faults.planted.bug import KILLING, LOST, NETWORK, VIEWS, Bug, Edit
from tests.faults.planted.processes import ANSWERED_TOO_SOON, ROWS, STORE, VIEW, WHOLE

LONG_BEFORE: Edit = (STORE, "await asyncio.sleep(0.02)", "await asyncio.sleep(0.3)")
ROWS_FIRST: tuple[Edit, ...] = (
    (VIEW, "import asyncpg\n", "import asyncio\n\nimport asyncpg\n"),
    (
        VIEW,
        WHOLE,
        f"{ROWS}    await asyncio.sleep(0.1)\n    whole = together([], _advance(batches), ALL_OR_NOTHING)\n",
    ),
)
LEFT_BEHIND: Edit = (
    "kernel/running.py",
    "        uvloop.run(work(settings))\n",
    """        running = settings.keys / f"{name}.pid"
        running.touch(exist_ok=False)
        try:
            uvloop.run(work(settings))
        finally:
            running.unlink()
""",
)

BUGS = (
    *(
        Bug("a command is answered before its commit", edits, KILLING, chosen, LOST)
        for edits, chosen in (
            ((ANSWERED_TOO_SOON,), "moment and contacts and not relay"),
            ((ANSWERED_TOO_SOON, LONG_BEFORE), "moment and sales and not sales_"),
        )
    ),
    Bug(
        "a file says that a process runs, and stays when it dies",
        (LEFT_BEHIND,),
        KILLING,
        "moment and views",
        "views is not ready",
    ),
    *(
        Bug("a view's rows are written before its checkpoint", ROWS_FIRST, test, chosen, VIEWS)
        for test, chosen in ((KILLING, "moment and worker"), (NETWORK, "reset and worker and PostgreSQL"))
    ),
)
