"""The settings of the stack that a command speaks to."""

import kernel.settings
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
