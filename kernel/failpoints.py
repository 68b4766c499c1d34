"""Points at which a test makes a local process die or stop, to see what the others make of it."""

import os
import signal

_LOCAL = os.environ.get("RAPPORT_MODE") == "local"
_WHERE, _, _STOP = os.environ.get("RAPPORT_FAILPOINT", "").partition(":")
_NAME, _, _TIMES = _WHERE.partition("*")

_left = int(_TIMES or 1)


def failpoint(name: str) -> None:
    """Ends the process here, without any clean-up, when RAPPORT_FAILPOINT is `name`; `name:stop` stops it.

    `name*5` does so at the fifth time that the process comes here.
    """
    global _left
    if _LOCAL and name == _NAME:
        _left -= 1
        if _left:
            return
        if _STOP:
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            os._exit(137)
