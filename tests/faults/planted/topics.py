"""Bugs that a stranger's records on a topic bring to light."""

from __future__ import annotations

from tests.faults.planted.bug import IN_VAIN, TOPICS, VIEWS, Bug, Edit
from tests.faults.planted.processes import TAKEN_AGAIN

CHECKPOINTS = "kernel/taking/checkpoints.py"

TAKEN_WITHOUT_THE_MISSING: Edit = (
    CHECKPOINTS,
    "        elif arrival.position > head.position:\n            return False\n",
    "        elif arrival.position > head.position:\n"
    "            fresh.append(arrival)\n"
    "            head.position = arrival.position\n",
)
NEW_BY_OFFSET: Edit = (
    CHECKPOINTS,
    "        elif arrival.position == head.position + 1:\n"
    "            fresh.append(arrival)\n"
    "            head.position = arrival.position\n",
    "        elif newer and arrival.position <= head.position + 1:\n"
    "            fresh.append(arrival)\n"
    "            head.position = max(head.position, arrival.position)\n",
)
OVERLOOKED: Edit = (
    "kernel/reaction/folding.py",
    "        if arrival.envelope is None or arrival.envelope.type in reaction.types\n",
    "        if arrival.envelope is not None and arrival.envelope.type in reaction.types\n",
)

FAILURE_OVERLOOKED: Edit = (
    "kernel/taking/parking/parking.py",
    "                failure = failure_of(error)\n",
    "                continue\n",
)

NOT_NOTICED = "a gap is not noticed"

BUGS = (
    Bug("what was taken before is taken again", (TAKEN_AGAIN,), TOPICS, "repeated and not wrong", IN_VAIN),
    Bug("what has a later offset counts as new", (NEW_BY_OFFSET,), TOPICS, "repeated and wrong", VIEWS),
    Bug(NOT_NOTICED, (TAKEN_WITHOUT_THE_MISSING,), TOPICS, "gap", VIEWS),
    Bug(NOT_NOTICED, (TAKEN_WITHOUT_THE_MISSING,), TOPICS, "reordered", VIEWS),
    Bug(
        "an event that a fold fails on is overlooked",
        (FAILURE_OVERLOOKED,),
        TOPICS,
        "mended",
        "in vain: some events are parked",
    ),
    Bug(
        "a reaction overlooks what is no event",
        (OVERLOOKED,),
        TOPICS,
        "poison",
        "in vain: everybody has parked the record",
    ),
)
