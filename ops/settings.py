"""The settings of the stack that a command speaks to."""

from aiokafka.errors import BrokerResponseError, KafkaError, RequestTimedOutError

import kernel.settings
from kernel.database import DatabaseAway
from kernel.settings import Settings
from ops.errors import CannotRun
from ops.local.home import home as homes


def load() -> Settings:
    """From the environment and the home; raises CannotRun where neither knows of a stack."""
    home = homes.find()
    homes.is_home(home)  # refuses one that a newer Rapport has made
    found = kernel.settings.load()
    if not found.dsn:
        raise CannotRun(
            f"there is no stack: neither {home.root} nor a variable RAPPORT_DSN__… tells of one; "
            "bring one up with `./rapport up`, or name its home in RAPPORT_HOME."
        )
    return found


def away(error: DatabaseAway) -> CannotRun:
    """Why the database does not answer, as far as this machine knows."""
    return _not_running() or CannotRun(f"{error}: `./rapport status` tells more.")


def kafka_away(error: KafkaError, settings: Settings) -> CannotRun:
    """Why Kafka does not give what it was asked for, as far as this machine knows."""
    answered = isinstance(error, BrokerResponseError) and not isinstance(error, RequestTimedOutError)
    does = f"refuses what it is asked ({type(error).__name__})" if answered else "does not answer"
    return _not_running() or CannotRun(f"Kafka {does} at {settings.kafka}: `./rapport status` tells more.")


def _not_running() -> CannotRun | None:
    """Where there is a stack in the home that nothing supervises."""
    from ops.local.supervising import manager  # slow to load

    home = homes.find()
    if home.stack.exists() and not manager.alive(home):
        return CannotRun(f"the stack of {home.root} does not run: start it with `./rapport up`.")
    return None
