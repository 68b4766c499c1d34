"""`down`: stops the stack, and erases its home when asked."""

import click

from ops.local import home as homes
from ops.local import stack
from ops.output import answer, json_option, progress


@click.command()
@click.option("--erase", is_flag=True, help="Also delete the home with everything in it.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
@json_option
def command(erase: bool, yes: bool, as_json: bool) -> None:
    """Stop the local stack: services drain first, then Kafka and PostgreSQL stop."""
    home = homes.find()
    if erase and home.root.exists() and not yes:
        click.confirm(f"Delete {home.root} with all its data?", abort=True, err=True)
    with progress() as tell:
        tell("stopping …")
        stopped = stack.stop(home)
    erased = erase and home.root.exists()
    if erased:
        stack.erase(home)
    text = "Rapport is down." if stopped else "Rapport was down already."
    text += f" {home.root} is deleted." if erased else ""
    answer({"home": str(home.root), "stopped": stopped, "erased": erased}, text, as_json)
