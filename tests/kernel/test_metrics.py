"""A process shows its own figures, and none of the others'."""

import subprocess
import sys

import pytest

PROCESSES = (
    "kernel.web.process, kernel.log.relay.process, kernel.view.worker.process, kernel.reaction.worker.process"
)


def shown(code: str) -> set[str]:
    """The families of ours that a process with the code of every process shows, after `code`."""
    told = f"import {PROCESSES}\nfrom kernel import metrics\n{code}\n"
    told += "from prometheus_client import generate_latest\nprint(generate_latest().decode())"
    lines = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True).stdout
    return {line.split()[2] for line in lines.splitlines() if line.startswith("# TYPE rapport_")}


def test_code_alone_shows_no_figures() -> None:
    assert shown("") == set()


@pytest.mark.parametrize(
    ("code", "families"),
    [
        ("kernel.view.worker.process.Worker(kernel.settings.Settings(), (), None)", ("view", "consumer")),
        (
            "kernel.reaction.worker.process.Reactor("
            "None, type('S', (), {'reactions': ()}), None, None, None)",
            ("reaction", "consumer"),
        ),
        ("kernel.web.readiness.deciding(None, '', '')", ("relay_lag",)),
        (
            "kernel.log.relay.process.Relay(kernel.settings.Settings(), 'contacts', None, None)",
            ("relay_published", "relay_errors", "relay_leader"),
        ),
    ],
)
def test_a_process_shows_what_it_does(code: str, families: tuple[str, ...]) -> None:
    names = shown(code)
    assert names
    assert all(name.removeprefix("rapport_").startswith(families) for name in names)
    assert all(any(name.startswith(f"rapport_{family}") for name in names) for family in families)


def test_what_is_shown_twice_is_there_once() -> None:
    assert len(shown("metrics.show(metrics.FOLDING); metrics.show(metrics.REACTING)")) > 6
