"""What a home remembers of its stack between runs, and the settings made from it."""

import json
import os
import secrets
from dataclasses import asdict, dataclass

from kernel.settings import Settings
from ops.local import ports
from ops.local.files import write_whole
from ops.local.home import variables
from ops.local.home.home import Home
from ops.local.postgres import dsn, roles


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses, ports and passwords. `postgres` is the administrator's DSN of the stack's own database."""

    postgres: str
    kafka: str
    own_postgres: bool
    own_kafka: bool
    automatic_ports: bool
    ports: dict[str, int]
    passwords: dict[str, str]


def load(home: Home) -> Stack | None:
    """The stack of this home, or None where there never was one."""
    return Stack(**json.loads(home.stack.read_text())) if home.stack.exists() else None


def settle(home: Home, wish: str | None) -> Stack:
    """The stack of the next start: what was remembered, completed by what is missing or newly wished.

    `wish` is "fixed" or "auto" ports, or None for what the home remembers.
    """
    known = load(home)
    automatic = wish == "auto" or (wish is None and known is not None and known.automatic_ports)
    chosen = _ports(known, automatic, renew=wish == "auto")
    passwords = {role: secrets.token_hex(16) for role in [dsn.ADMINISTRATOR, *roles.names()]}
    passwords |= known.passwords if known else {}
    given_postgres, given_kafka = os.environ.get("RAPPORT_POSTGRES"), os.environ.get("RAPPORT_KAFKA")
    administrator = given_postgres or dsn.own(chosen["postgres"], passwords[dsn.ADMINISTRATOR])
    settled = Stack(
        postgres=dsn.with_database(administrator, roles.DATABASE),
        kafka=given_kafka or f"127.0.0.1:{chosen['kafka']}",
        own_postgres=not given_postgres,
        own_kafka=not given_kafka,
        automatic_ports=automatic,
        ports=chosen,
        passwords=passwords,
    )
    write_whole(home.stack, json.dumps(asdict(settled), indent=1))
    variables.write(home.settings, variables.of(settings(home, settled)))
    return settled


def _ports(known: Stack | None, automatic: bool, renew: bool) -> dict[str, int]:
    """Remembered ones stay, unless the kind has changed or free ones are wished and some are taken."""
    fresh = ports.automatic() if automatic else ports.fixed()
    if known is None or known.automatic_ports != automatic or (renew and not ports.all_free(known.ports)):
        return fresh
    return {name: known.ports.get(name, port) for name, port in fresh.items()}


def settings(home: Home, stack: Stack) -> Settings:
    """The settings of every process of this stack."""
    served = {name: port for name, port in stack.ports.items() if name not in ports.SERVER_PORTS}
    return Settings(
        mode="local",
        dsn={role: dsn.with_role(stack.postgres, role, stack.passwords[role]) for role in roles.names()},
        kafka=stack.kafka,
        jwks=str(home.jwks),
        keys=home.keys,
        port=served,
    )
