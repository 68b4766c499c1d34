"""Serves a peer as ours is served: one process of uvicorn with uvloop and httptools, no access log.

Called as `python -m bench.peers.serve MODULE PORT DSN`.
"""

from __future__ import annotations

import importlib
import sys

import uvicorn


def main(module: str, port: str, administrator: str) -> None:
    app = importlib.import_module(f"bench.peers.{module}").application(administrator)
    uvicorn.run(app, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
