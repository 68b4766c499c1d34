"""Settings as environment variables, and the home's rapport.env that holds them for every process."""

from pathlib import Path

from kernel.settings import Settings
from ops.local.files import write_whole


def of(settings: Settings) -> dict[str, str]:
    """The variables from which kernel.settings reads these very settings."""
    variables: dict[str, str] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            variables |= {f"RAPPORT_{name}__{key}".upper(): str(part) for key, part in value.items()}
        else:
            variables[f"RAPPORT_{name}".upper()] = str(value)
    return variables


def write(path: Path, variables: dict[str, str]) -> None:
    """Writes them in dotenv's form; the values are quoted, for a home's path may hold spaces."""
    write_whole(path, "".join(f"{name}={_quoted(value)}\n" for name, value in sorted(variables.items())))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
