"""`./rapport schemas`: writes the contracts under schemas/, or checks that they are what the code says."""

from __future__ import annotations

import click

from ops.errors import CannotRun
from ops.output import answer, json_option


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if anything differs.")
@json_option
def command(only_check: bool, as_json: bool) -> None:
    """Write schemas/: a schema and an example of every event, an OpenAPI and an AsyncAPI of every service.

    What is published of an event is listed with its digest in schemas/published.sha256 and never changes: a
    class that differs gets a new version, and an upcaster from the one before. docs/schemas.md says how.

    --check finds a published file that is gone or changed, also where its line went with it, as far as git's
    history is there; a class that differs from its schema, and in what;
    an older version that is not read, for want of its schema, its example or its upcaster, or because what
    the upcaster makes of it is no event of the present version; and documents that the code would not write.
    """
    from ops.contracts import files
    from ops.contracts.history import once_listed
    from ops.contracts.published import LIST

    found = files.services()
    try:
        written = [] if only_check else files.write(files.FOLDER, found)
    except ValueError as error:
        raise CannotRun(f"{error}.") from error
    faults = files.check(files.FOLDER, found)
    if once_listed(files.FOLDER / LIST) is None:
        click.echo(f"There is no history of schemas/{LIST} here: a line taken away is not noticed.", err=True)
    lines = [*(f"wrote schemas/{name}" for name in written), *faults]
    answer(
        {"written": written, "faults": faults},
        "\n".join(lines) or "the contracts are as they should be.",
        as_json,
    )
    if faults:
        raise SystemExit(1)
