"""Logs are JSON lines, and no exception carries a personal value into them."""

import json
import logging
import subprocess
import sys

from kernel.logging import JsonLines


def line(
    level: int = logging.INFO, message: str = "said", error: BaseException | None = None, **extra: object
):
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.makeLogRecord(
        {"name": "kernel.x", "levelno": level, "levelname": logging.getLevelName(level), "msg": message}
        | {"exc_info": info}
        | extra
    )
    return json.loads(JsonLines("contacts").format(record))


def test_a_line_says_when_where_and_what():
    said = line(message="said", stream="018f")
    assert said.pop("time").endswith("+00:00")
    assert said == {
        "level": "info",
        "process": "contacts",
        "logger": "kernel.x",
        "message": "said",
        "stream": "018f",
    }


def test_an_error_is_its_type_and_its_frames_without_its_text():
    def fails(secret: str) -> None:
        raise ValueError(secret)

    try:
        fails("Erika Mustermann")
    except ValueError as error:
        said = line(logging.ERROR, error=error)
    assert said["error"] == "ValueError"
    assert said["frames"][-1].endswith(" fails")
    assert "Erika" not in json.dumps(said)


def test_what_json_does_not_know_is_written_as_its_text():
    assert line(place=ValueError)["place"] == "<class 'ValueError'>"


def test_what_aiokafka_says_a_hundred_times_is_not_said():
    program = """
import logging
from kernel.logging import set_up
from kernel.settings import Settings
set_up(Settings(), "worker")
logging.getLogger("aiokafka.conn").error("cannot connect")
logging.getLogger("kernel.view").warning("kafka away")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(line)["message"] for line in done.stderr.splitlines()] == ["kafka away"]
