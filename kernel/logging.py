"""Structured logs: one JSON object a line on standard error, with the trace, and never a personal value."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import orjson

from kernel.settings import Settings

_BUILT_IN = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
    "taskName",
}


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and what the call gave as `extra`; of an error its type and its frames.

    The text of an exception is left out: a database or a parser likes to repeat the value that it refused.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in record.__dict__.items() if name not in _BUILT_IN)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["frames"] = frames_of(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def frames_of(error: BaseException) -> list[str]:
    """Where it was raised: file, line and function, outermost first, without any value."""
    frames = []
    at = error.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        frames.append(f"{code.co_filename}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return frames


def set_up(settings: Settings, process: str) -> None:
    """Sends every logger of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers = [handler]
    logging.captureWarnings(True)
    root.setLevel(settings.log_level.upper())
    for chatty in ("httpx", "asyncio", "faststream"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # While Kafka is away aiokafka writes forty lines a second; whoever uses it says it once a try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
