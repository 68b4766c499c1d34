"""The worker whose fold of `customer_360` fails on the events of about one stream in twenty.

Called as `python -m bench.folding.poisoned`; otherwise it is as `rapport worker` is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import uvloop

from kernel import logging as logs
from kernel.garbage import collect_rarely
from kernel.settings import load
from kernel.taking.fact import Fact
from kernel.view.worker.process import serve
from services.projections.app import VIEWS
from services.projections.customers.customer_360 import CUSTOMER_360

ONE_IN = 20


def fold(row: Any, fact: Fact[Any]) -> Any:
    if fact.envelope.stream_id.int % ONE_IN == 0:
        raise ValueError("poison")
    return CUSTOMER_360.fold(row, fact)


if __name__ == "__main__":
    settings = load()
    logs.set_up(settings, "worker")
    collect_rarely()
    poisoned = replace(CUSTOMER_360, fold=fold)
    uvloop.run(serve(settings, [poisoned if view is CUSTOMER_360 else view for view in VIEWS]))
