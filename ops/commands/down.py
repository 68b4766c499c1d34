"""`down`: stops the stack, and erases its home when asked."""

import click

from ops.local import stack
from ops.local.home import home as homes
from ops.output import answer, json_option, progress


@click.command()
@click.option("--erase", is_flag=True, help="Also delete the home with all data in it; it asks first.")
@click.option("--yes", is_flag=True, help="With --erase: do not ask.")
@json_option
def command(erase: bool, yes: bool, as_json: bool) -> None:
    """Stop the local stack: services drain first, then Kafka and PostgreSQL stop."""
    home = homes.find()
    there = homes.is_home(home)
    if erase:
        homes.refuse_foreign(home)
    if erase and there and not yes:
        click.confirm(f"Delete {home.root} with all its data?", abort=True, err=True)
    with progress() as tell:
        tell("stopping …")
        stopped = stack.stop(home)
    if erase and there:
        homes.erase(home)
    text = f"Rapport {'is down' if stopped else 'was down already'} ({home.root})."
    text += " Its home is deleted." if erase and there else ""
    answer({"home": str(home.root), "stopped": stopped, "erased": erase and there}, text, as_json)
