"""What a home remembers between runs: addresses, ports, passwords; and the settings made from them."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit, urlunsplit

from kernel.settings import Settings
from ops.local import ports, postgres, roles, variables
from ops.local.files import write_whole
from ops.local.home import Home


@dataclass(frozen=True, slots=True)
class Record:
    """One stack. `postgres` is the administrator's DSN of the stack's own database."""

    postgres: str
    kafka: str
    own_postgres: bool
    own_kafka: bool
    automatic_ports: bool
    ports: dict[str, int]
    passwords: dict[str, str]


def load(home: Home) -> Record | None:
    """The record of this home, or None where there never was a stack."""
    return Record(**json.loads(home.record.read_text())) if home.record.exists() else None


def settle(home: Home, wish: str | None) -> Record:
    """The record for the next start: what was remembered, completed by what is missing or newly wished.

    `wish` is "fixed" or "auto" ports, or None for what the home remembers.
    """
    known = load(home)
    automatic = wish == "auto" or (wish is None and known is not None and known.automatic_ports)
    chosen = _ports(known, automatic, renew=wish == "auto")
    passwords = {role: secrets.token_hex(16) for role in [postgres.ADMINISTRATOR, *roles.names()]}
    passwords |= known.passwords if known else {}
    given_postgres, given_kafka = os.environ.get("RAPPORT_POSTGRES"), os.environ.get("RAPPORT_KAFKA")
    administrator = given_postgres or postgres.dsn(chosen["postgres"], passwords[postgres.ADMINISTRATOR])
    settled = Record(
        postgres=with_database(administrator, roles.DATABASE),
        kafka=given_kafka or f"127.0.0.1:{chosen['kafka']}",
        own_postgres=not given_postgres,
        own_kafka=not given_kafka,
        automatic_ports=automatic,
        ports=chosen,
        passwords=passwords,
    )
    write_whole(home.record, json.dumps(asdict(settled), indent=1))
    variables.write(home.settings, variables.of(settings(home, settled)))
    return settled


def _ports(known: Record | None, automatic: bool, renew: bool) -> dict[str, int]:
    """Remembered ones stay, unless the kind has changed or free ones are wished and some are taken."""
    fresh = ports.automatic() if automatic else ports.fixed()
    if known is None or known.automatic_ports != automatic or (renew and not ports.all_free(known.ports)):
        return fresh
    return {name: known.ports.get(name, port) for name, port in fresh.items()}


def settings(home: Home, record: Record) -> Settings:
    """The settings of every process of this stack."""
    served = {name: port for name, port in record.ports.items() if name not in ports.SERVER_PORTS}
    return Settings(
        mode="local",
        dsn={role: _with(record.postgres, role, record.passwords[role]) for role in roles.names()},
        kafka=record.kafka,
        jwks=str(home.jwks),
        keys=home.keys,
        port=served,
    )


def with_database(dsn: str, database: str) -> str:
    """The same address for another database."""
    return _with(dsn, database=database)


def without_password(dsn: str) -> str:
    """The address for a person's eyes; options go too, for a password may be one of them."""
    parts = urlsplit(dsn)
    user, _, place = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{place}" if user else place, query=""))


def _with(dsn: str, user: str = "", password: str = "", database: str = "") -> str:
    """The same address for another role or another database."""
    parts = urlsplit(dsn)
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:{password}@{place}" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path))
