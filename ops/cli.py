"""The one command and the table of its subcommands; each is imported only when it is called."""

import ast
import errno
import importlib
import os

import click
from click.shell_completion import CompletionItem

from ops.checkout import CHECKOUT
from ops.errors import CannotRun

SECTIONS = {
    "The stack on this machine": {
        "demo": "ops.demo.command:command",
        "up": "ops.commands.up:command",
        "down": "ops.commands.down:command",
        "status": "ops.commands.status:command",
        "token": "ops.commands.token:command",
    },
    "What the stack has done": {
        "views": "ops.takers.views:command",
        "reactions": "ops.takers.reactions:command",
        "parked": "ops.parking.command:command",
        "replay": "ops.replaying.command:command",
        "verify": "ops.verify.command:command",
        "rebuild": "ops.rebuilding.command:command",
        "republish": "ops.republishing.command:command",
        "log": "ops.archiving.command:command",
    },
    "One process each, as a cluster runs them": {
        "migrate": "ops.commands.process:migrate",
        "serve": "ops.commands.process:serve",
        "relay": "ops.commands.process:relay",
        "react": "ops.commands.process:react",
        "worker": "ops.commands.process:worker",
        "match": "ops.commands.process:match",
    },
    "The code": {
        "test": "ops.commands.test:command",
        "bench": "bench.command:command",
        "schemas": "ops.contracts.command:command",
    },
}
"""Where each command's function is; what it does, its docstring says."""

COMMANDS = {name: function for section in SECTIONS.values() for name, function in section.items()}


def summary(command: str) -> str:
    """The first line of a command's docstring, read without importing what the command needs."""
    module, name = COMMANDS[command].split(":")
    source = CHECKOUT / f"{module.replace('.', '/')}.py"
    for statement in ast.parse(source.read_bytes()).body:
        if isinstance(statement, ast.FunctionDef) and statement.name == name:
            return (ast.get_docstring(statement) or "").partition("\n")[0]
    raise LookupError(COMMANDS[command])


class Commands(click.Group):
    """A group that tells its commands without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(importlib.import_module(module), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, summary(name)) for name in section])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=summary(name)) for name in names), *options]

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


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Rapport, a collaborative CRM whose memory is a log.

    Begin with `./rapport demo`. Every command has its own --help and takes --json: then standard output holds
    one JSON document and nothing else. Exit code 0: well; 1: the answer is no; 2: it could not run.

    A stack keeps everything in its home, the folder RAPPORT_HOME (default: .rapport in the checkout).
    """
    from ops.local.home import home

    os.environ["RAPPORT_HOME"] = str(home.find().root)  # every part then sees the same, whole path
