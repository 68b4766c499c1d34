"""What version control remembers of the list of what is published."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ADDED = re.compile(r"^\+([0-9a-f]{64}  .+)$", re.MULTILINE)


def once_listed(path: Path) -> set[str] | None:
    """Every line that the list ever had in a commit; None where there is no history to ask."""
    command = ["git", "log", "-p", "--format=", "--", path.name]
    try:
        done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True)
    except OSError:
        return None
    return set(ADDED.findall(done.stdout)) or None
