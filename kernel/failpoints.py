"""Points at which a test makes a local process die or stop, to see what the others make of it."""

import os
import signal

_LOCAL = os.environ.get("RAPPORT_MODE") == "local"
_NAME, _, _STOP = os.environ.get("RAPPORT_FAILPOINT", "").partition(":")


def failpoint(name: str) -> None:
    """Ends the process here, without any clean-up, when RAPPORT_FAILPOINT is `name`; `name:stop` stops it."""
    if _LOCAL and name == _NAME:
        if _STOP:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os._exit(137)
