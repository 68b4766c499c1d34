"""Ports: fixed ones differ, and a taken one is named."""

import socket

import pytest

from ops.errors import CannotRun
from ops.local import ports
from ops.local.supervising import processes


def test_no_two_processes_share_a_port() -> None:
    fixed = ports.fixed()
    assert len(set(fixed.values())) == len(fixed)


def test_only_what_runs_has_a_port() -> None:
    assert ports.fixed().keys() == {*ports.SERVER_PORTS, *(process.name for process in processes.ours())}


def test_free_ports_differ_and_are_free() -> None:
    chosen = ports.automatic()
    assert len(set(chosen.values())) == len(chosen)
    ports.refuse_taken(chosen)


def test_a_taken_port_is_refused_with_its_number_and_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=rf"port {port} \(contacts\) is taken by .*--ports auto"):
            ports.refuse_taken({"contacts": port})
