"""The ends of log files."""

from pathlib import Path


def last_lines(path: Path, count: int = 12) -> str:
    """The last lines as text; empty where there is no log yet."""
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join(lines[-count:])
