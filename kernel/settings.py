"""Everything a process is told from outside: environment variables RAPPORT_… or the home's rapport.env."""

import os
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICES = ("contacts", "sales", "partners")
"""The deciding services, each with a schema, a topic and a relay of its own."""


class Settings(BaseSettings):
    """The settings of one process. `dsn` and `port` are maps: RAPPORT_DSN__SALES_APP, RAPPORT_PORT__VIEWS."""

    model_config = SettingsConfigDict(
        env_prefix="RAPPORT_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    mode: Literal["local", "production"] = "production"
    dsn: dict[str, str] = {}
    """The PostgreSQL address of each role, by its lower-case name (contacts_app, contacts_log …)."""
    kafka: str = ""
    """Bootstrap servers, comma separated."""
    topics: str = "crm"
    """The first part of every topic's name."""
    replication_factor: int = 1
    min_insync_replicas: int = 1
    jwks: str = ""
    """Where the token issuer's public keys are: a file or an https address."""
    issuer: str = "rapport-local"
    audience: str = "rapport"
    keys: Path = Path()
    """The folder of the wrapping key and the token key."""
    host: str = "127.0.0.1"
    port: dict[str, int] = {}
    """The HTTP port of each process (contacts, contacts_relay, sales_react, views, worker, matcher …)."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def load() -> Settings:
    """The settings from the environment, completed by `$RAPPORT_HOME/rapport.env` where there is one."""
    home = os.environ.get("RAPPORT_HOME")
    return Settings(_env_file=Path(home) / "rapport.env" if home else None)  # type: ignore[call-arg]
