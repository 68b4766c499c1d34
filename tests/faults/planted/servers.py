"""Bugs that accidents of PostgreSQL and Kafka, and of the wires to them, bring to light."""

from __future__ import annotations

from tests.faults.planted.accidents import DOES_NOT_WAIT
from tests.faults.planted.bug import IN_VAIN, LOST, NETWORK, SERVERS, Bug, Edit
from tests.faults.planted.processes import RELAY

PUBLISHER = "kernel/log/relay/publisher.py"

GIVES_UP_SOON: Edit = (PUBLISHER, "SECONDS_TO_ACKNOWLEDGE = 10.0", "SECONDS_TO_ACKNOWLEDGE = 1.0")
NOT_SENT_AGAIN: tuple[Edit, ...] = (
    GIVES_UP_SOON,
    (
        RELAY,
        "    _waits_since: float | None = None\n",
        "    _waits_since: float | None = None\n    _handed: dict[int, int] | None = None\n",
    ),
    (
        RELAY,
        "        after = {mark.partition: mark.position for mark in marks}\n",
        "        after = self._handed = self._handed or {mark.partition: mark.position for mark in marks}\n",
    ),
)
FOREIGN: Edit = (
    "kernel/log/relay/comparison.py",
    "        if each.position > state.highest + 1:\n",
    "        if each.position > state.mark.position:\n",
)
WAITS_FOR_EVER: Edit = (PUBLISHER, "SECONDS_TO_ACKNOWLEDGE = 10.0", "SECONDS_TO_ACKNOWLEDGE = 1e6")

WORKER_WAITS_FOR_EVER: tuple[Edit, ...] = (
    ("kernel/view/worker/consumer.py", "SECONDS_TO_ANSWER = 10.0", "SECONDS_TO_ANSWER = 1e6"),
    ("kernel/view/worker/worker.py", "SECONDS_WITHOUT_PROGRESS = 30.0", "SECONDS_WITHOUT_PROGRESS = 1e6"),
)

BUGS = (
    *(
        Bug(
            "what a former producer was handed is not sent again",
            NOT_SENT_AGAIN,
            SERVERS,
            f"Kafka and {how}",
            LOST,
        )
        for how in ("killed", "restarted")
    ),
    Bug(
        "what a relay gave up is taken for a stranger's where it arrives all the same",
        (GIVES_UP_SOON, FOREIGN),
        SERVERS,
        "Kafka and stopped",
        IN_VAIN,
    ),
    Bug(
        "a commit does not wait for the log's disk",
        (DOES_NOT_WAIT,),
        SERVERS,
        "PostgreSQL and killed",
        f"{LOST}|{IN_VAIN}",
    ),
    Bug(
        "a relay may wait for ever for Kafka's answer",
        (WAITS_FOR_EVER,),
        NETWORK,
        "swallow and relay and Kafka and not sales",
        IN_VAIN,
    ),
    Bug(
        "a worker may wait for ever for Kafka's answer",
        WORKER_WAITS_FOR_EVER,
        NETWORK,
        "swallow and worker and Kafka",
        IN_VAIN,
    ),
)
