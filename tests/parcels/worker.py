"""The worker of the parcels' views as a process of its own: python -m tests.parcels.worker."""

import asyncio

from kernel import logging as logs
from kernel.settings import load
from kernel.view.worker.process import serve
from tests.parcels.views import VIEWS

if __name__ == "__main__":
    settings = load()
    logs.set_up(settings, "worker")
    asyncio.run(serve(settings, VIEWS))
