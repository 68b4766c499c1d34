"""A batch folded into the rows of a view while its checkpoints are locked."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from kernel.taking.arrivals import Arrival, Failure
from kernel.taking.batch import Folding
from kernel.taking.fact import Stream
from kernel.view import rows
from kernel.view.batch.saving import save
from kernel.view.batch.steps import Folded, fold, steps, touched
from kernel.view.view import R, View


def folding(view: View[R]) -> Folding:
    """How records come into this view's rows."""

    async def fold_in(
        db: asyncpg.Connection, arrivals: Sequence[Arrival], blocked: set[Stream], refused: Failure | None
    ) -> Folded[R]:
        found = steps(view, arrivals, refused)
        loaded = {} if view.insert_only else await rows.load(db, view, touched(found))
        folded = fold(view, found, loaded, blocked)
        await save(db, view, loaded, folded)
        return folded

    return fold_in
