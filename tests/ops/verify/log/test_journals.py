"""A journal keeps whole lines, whoever writes it, and is read as far as it is whole."""

import multiprocessing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ops.acks import Ack, Acks
from ops.errors import CannotRun
from ops.verify.log.journals import read

ORG = UUID(int=7)
LINES = 2000


def write(path: Path) -> None:
    with Acks(path) as acks:
        for version in range(1, LINES + 1):
            answer = {
                "id": str(uuid4()),
                "version": version,
                "events": [{"id": str(uuid4()), "type": "NoteTaken"}],
                "position": "p" * 50,
            }
            acks.add("contacts", ORG, "tester", f"key {version}", answer)


def test_what_was_added_is_read(tmp_path: Path):
    stream, event = uuid4(), uuid4()
    answer = {"id": str(stream), "version": 2, "events": [{"id": str(event), "type": "A"}], "position": "p"}
    with Acks(tmp_path / "acks") as acks:
        acks.add("sales", ORG, "till", None, answer)
        acks.add("sales", ORG, "till", "k", answer | {"events": []})
    assert list(read(tmp_path / "acks")) == [
        Ack("sales", ORG, "till", stream, 2, (event,), "p"),
        Ack("sales", ORG, "till", stream, 2, (), "p", "k"),
    ]


def test_processes_share_a_journal_without_breaking_its_lines(tmp_path: Path):
    start = multiprocessing.get_context("spawn")
    writers = [start.Process(target=write, args=(tmp_path / "acks",)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sum(1 for _ in read(tmp_path / "acks")) == 3 * LINES


def test_a_line_that_is_still_being_written_does_not_count(tmp_path: Path):
    write(tmp_path / "acks")
    with (tmp_path / "acks").open("ab") as journal:
        journal.write(b'{"service":"contacts","org"')
    assert sum(1 for _ in read(tmp_path / "acks")) == LINES


@pytest.mark.parametrize("line", ["{}", "[]", "hello", '{"service":"contacts","unknown":1}'])
def test_a_line_that_is_no_acknowledgement_is_named(tmp_path: Path, line: str):
    write(tmp_path / "acks")
    with (tmp_path / "acks").open("a") as journal:
        journal.write(line + "\n")
    with pytest.raises(CannotRun, match=f"line {LINES + 1} of"):
        list(read(tmp_path / "acks"))
