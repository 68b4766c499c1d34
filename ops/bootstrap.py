"""Makes the environment that everything else runs in; knows nothing but the standard library."""

import contextlib
import errno
import fcntl
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
BASE = "requirements.lock"
LOCK_FILE = ".lock"


class Failed(Exception):
    """One sentence that says what to do."""


# What pip says, and what that means to whoever has to do something about it.
REASONS = (
    (
        r"No space left on device|Disk quota exceeded",
        "the disk is full: make room, or name another folder in RAPPORT_ENV.",
    ),
    (
        r"DO NOT MATCH THE HASHES",
        "a package is not the one in the lock: it was altered on its way; do not trust the source.",
    ),
    (
        r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Connection\w*Error"
        r"|Could not fetch URL|Network is unreachable",
        "the packages could not be fetched: connect this machine to the network, or name its proxy in "
        "HTTPS_PROXY, and run again.",
    ),
    (
        r"Permission denied|Read-only file system",
        "the folder cannot be written: name another one in RAPPORT_ENV.",
    ),
    (
        r"No matching distribution|Could not find a version",
        "a package has no build for this Python: name another one (3.11 to 3.13) in RAPPORT_PYTHON.",
    ),
)


def ensure(environment: Path, lock: str = BASE) -> None:
    """Brings `environment` to the packages of `lock`.

    The copy of the lock is put there last, so that half an install is done again.
    """
    try:
        with _alone(environment):
            if not _stamped(environment, lock):
                _make(environment)
                _install(environment, lock)
                shutil.copyfile(CHECKOUT / lock, environment / f"{lock}.new")
                (environment / f"{lock}.new").replace(environment / lock)
    except OSError as error:
        raise Failed(_sentence(error, environment)) from error


def _sentence(error: OSError, environment: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full: make room, or name another folder in RAPPORT_ENV."
    return f"{environment} cannot be written ({error.strerror}): name another folder in RAPPORT_ENV."


def _stamped(environment: Path, lock: str) -> bool:
    stamp = environment / lock
    return stamp.exists() and stamp.read_bytes() == (CHECKOUT / lock).read_bytes()


@contextlib.contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Of two runs at once, one waits; the lock ends with its process."""
    environment.mkdir(parents=True, exist_ok=True)
    with (environment / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"another run is making {environment}; waiting …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(environment: Path) -> None:
    """A virtual environment with pip; one that works is kept, one that is half made is made again."""
    python = environment / "bin" / "python"
    if not _runs(python, "import sys; sys.exit(sys.version_info < (3, 11))"):
        if not (environment / "pyvenv.cfg").exists() and {path.name for path in environment.iterdir()} - {
            LOCK_FILE
        }:
            raise Failed(
                f"{environment} is a folder with something else in it: name another one in RAPPORT_ENV."
            )
        _say(f"making {environment} with Python {sys.version.split()[0]} …")
        _empty(environment)
        _run([sys.executable, "-m", "venv", "--without-pip", str(environment)], _no_venv())
    if not _runs(python, "import pip"):
        _run([str(python), "-m", "ensurepip", "--default-pip"], _no_venv())


def _empty(environment: Path) -> None:
    """Everything goes but the lock file that this run holds."""
    for path in environment.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != LOCK_FILE:
            path.unlink()


def _no_venv() -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return (
        "this Python cannot make environments: install its venv module (Debian: apt install "
        f"python{version}-venv), or name another Python in RAPPORT_PYTHON."
    )


def _runs(python: Path, program: str) -> bool:
    try:
        return subprocess.run([str(python), "-c", program], capture_output=True).returncode == 0
    except OSError:
        return False


def _run(command: list[str], otherwise: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(_reason(done.stdout + done.stderr, otherwise))


def _install(environment: Path, lock: str) -> None:
    total = len(re.findall(r"^[\w.-]+(\[.*\])?==", (CHECKOUT / lock).read_text(), re.MULTILINE))
    many = "1 package" if total == 1 else f"{total} packages"
    _say(f"installing {many} of {lock} (once; a minute or two) …")
    options = [
        "--require-hashes",
        "--no-input",
        "--disable-pip-version-check",
        "--retries=2",
        "--progress-bar=off",
    ]
    command = [
        str(environment / "bin" / "python"),
        "-m",
        "pip",
        "install",
        *options,
        "-r",
        str(CHECKOUT / lock),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        assert pip.stdout is not None
        output = _follow(pip.stdout, total)
    if pip.returncode:
        raise Failed(_reason(output, f"pip could not install {lock}: {' '.join(output.split())[-300:]}"))


def _follow(lines: Iterator[str], total: int) -> str:
    """Reads what pip says, and on a terminal counts the packages."""
    output, count = [], 0
    for line in lines:
        output.append(line)
        if line.startswith(("Collecting", "Requirement already")):
            count += 1
            if sys.stderr.isatty():
                print(f"\r  {count}/{total} {line.split()[-1][:50]:50}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 70, end="\r", file=sys.stderr)
    return "".join(output)


def _reason(output: str, otherwise: str) -> str:
    return next((sentence for pattern, sentence in REASONS if re.search(pattern, output)), otherwise)


def _say(text: str) -> None:
    print(f"rapport: {text}", file=sys.stderr, flush=True)


def main() -> None:
    try:
        ensure(Path(sys.argv[1]))
    except Failed as failure:
        _say(str(failure))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
