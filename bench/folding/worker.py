"""A projection worker for some of the views, otherwise as `rapport worker` is.

Called as `python -m bench.folding.worker [VIEW …]`; without names it folds all views.
"""

from __future__ import annotations

import sys

import uvloop

from kernel import logging as logs
from kernel.garbage import collect_rarely
from kernel.settings import load
from kernel.view.worker.process import serve
from services.projections.app import VIEWS


def main(*names: str) -> None:
    settings = load()
    logs.set_up(settings, "worker")
    collect_rarely()
    uvloop.run(serve(settings, [view for view in VIEWS if not names or view.name in names]))


if __name__ == "__main__":
    main(*sys.argv[1:])
