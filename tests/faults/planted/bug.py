"""What a planted bug is, and what the oracle may be expected to say of one."""

from __future__ import annotations

from dataclasses import dataclass

LOST, VIEWS, STALE = r"lost [1-9]", r"views [1-9]", r"stale [1-9]"
"""In the oracle's line."""
IN_VAIN = r"waited for \d+ s in vain"

KILLING, GROUPS, SERVERS = "test_killing.py", "test_groups.py", "test_servers.py"
TOPICS, NETWORK, CLOCKS, DISK, SLOW = (
    "test_topics.py",
    "test_network.py",
    "test_clocks.py",
    "test_disk.py",
    "test_slow.py",
)

Edit = tuple[str, str, str]
"""A file, what stands there once, and what stands there then."""


@dataclass(frozen=True, slots=True)
class Bug:
    """What it does, by which edits, and the test that must fail saying `says`."""

    name: str
    edits: tuple[Edit, ...]
    test: str
    chosen: str
    says: str
