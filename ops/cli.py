"""The one command and the table of its subcommands; each is imported only when it is called."""

import errno
import importlib
import os

import click

from ops.errors import CannotRun

COMMANDS = {
    "demo": (
        "ops.demo.command:command",
        "Bring everything up, load a year of real purchases, show a customer.",
    ),
    "up": (
        "ops.commands.up:command",
        "Start PostgreSQL, Kafka and every service, and wait until all are ready.",
    ),
    "down": ("ops.commands.down:command", "Stop the local stack; --erase also deletes its home."),
    "status": ("ops.commands.status:command", "Show every process: ready, uptime, memory, restarts, lag."),
    "views": (
        "ops.views:command",
        "Show the views: version, position, lag, parked events; retry parked ones.",
    ),
    "verify": (
        "ops.verify.command:command",
        "Compare what was answered, stored, published and shown, row by row.",
    ),
    "bench": ("bench.command:command", "Run a measurement beside its peers."),
    "schemas": ("ops.schemas:command", "Write the events' schemas and examples, or --check them."),
    "token": (
        "ops.commands.token:command",
        "Print a token for an organisation and a role (local mode only).",
    ),
    "test": ("ops.commands.test:command", "Run the tests; takes every argument that pytest takes."),
    "serve": ("ops.commands.process:serve", "Run one service's HTTP process."),
    "relay": ("ops.commands.process:relay", "Run the process that publishes one service's events."),
    "react": ("ops.commands.process:react", "Run one service's reactions to others' events."),
    "worker": ("ops.commands.process:worker", "Run the process that folds events into the views."),
    "migrate": ("ops.commands.process:migrate", "Bring every schema to the version that this code knows."),
}


class Table(click.Group):
    """A group whose help is written from the table, so that it costs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        try:
            found = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            raise CannotRun(f"`{cmd_name}` lacks a part of itself ({error.name}).") from error
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OSError as error:
            raise CannotRun(_sentence(error)) from error


def _sentence(error: OSError) -> str:
    """What to do about the failures of a disk; any other is a fault of ours and keeps its traceback."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full: make room, or name another home in RAPPORT_HOME."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return (
                f"{error.filename} cannot be written: change its owner, or name another home in RAPPORT_HOME."
            )
        case _:
            raise error


@click.group(cls=Table, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Rapport, a collaborative CRM whose memory is a log.

    Begin with `./rapport demo`. Every command has its own --help and takes --json.
    """
    from ops.local import home

    os.environ.setdefault("RAPPORT_HOME", str(home.find().root))
