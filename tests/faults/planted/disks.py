"""Bugs that a full disk brings to light."""

from __future__ import annotations

from tests.faults.planted.bug import DISK, Bug, Edit

STORE = "kernel/log/store/store.py"

APPENDED = """\
                failpoint("append.decided")
                row = await connection.fetchrow(STATEMENT, *batch.parameters)
"""
KEPT = """
INSERT INTO answer (org_id, caller, key, digest, outcome, streams, problem, answered_at)
SELECT org, caller, key, digest, coalesce(outcome, 'accepted'), streams::json, problem, clock_timestamp()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::bytea[], $8::bool[])
    AS n (org, caller, key, digest, outcome, streams, problem, won)
WHERE key IS NOT NULL AND won
ON CONFLICT DO NOTHING"""
ANSWERED_APART: tuple[Edit, ...] = (
    (STORE, "LANES = 2\n", f"LANES = 2\nKEPT = {KEPT!r}\n"),
    (
        STORE,
        APPENDED,
        """\
                failpoint("append.decided")
                columns = batch.parameters
                answers, columns[3] = columns[1:8], None
                row = await connection.fetchrow(STATEMENT, *columns)
                won = [isinstance(result, Appended) for result in batch.results(row)]
                await connection.execute(KEPT, *answers, won)
""",
    ),
)

BUGS = (
    Bug(
        "a command's answer is kept in a transaction of its own",
        ANSWERED_APART,
        DISK,
        "full",
        r"doubled [1-9]",
    ),
)
