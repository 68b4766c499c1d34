"""`token`: a signed token of the local issuer."""

from uuid import UUID

import click

from kernel.web.access import Role
from ops.output import answer, json_option

ROLES = [role.value for role in Role]
LONGEST_LIFE = 365 * 86400
DIGITS = 12
"""More of them no number of seconds needs."""


def _word(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Blanks around a name would make it another organisation's."""
    if not value.strip():
        raise click.BadParameter("it is blank", context, parameter)
    return value.strip()


@click.command()
@click.option(
    "--org", required=True, callback=_word, help="The organisation: its UUID, or a name that stands for one."
)
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the bearer may do.")
@click.option("--contact", type=click.UUID, help="Whom a customer's token speaks for: the contact's id.")
@click.option("--subject", default="local", show_default=True, callback=_word, help="Who bears it.")
@click.option("--ttl", default="12h", show_default=True, help="How long it is valid: 90s, 30m, 12h, 7d.")
@json_option
def command(org: str, role: str, contact: UUID | None, subject: str, ttl: str, as_json: bool) -> None:
    """Print a token for the HTTP services, signed by the local issuer (local mode only).

    Example: TOKEN=$(./rapport token --org acme --role agent)
    """
    from ops import settings
    from ops.local import issuer

    if (contact is not None) != (role == Role.CUSTOMER):
        raise click.UsageError("--role customer needs --contact, and no other role takes it.")
    made = issuer.token(settings.load(), org, role, subject, seconds(ttl), contact)
    answer({"token": made, "org": str(issuer.organisation(org)), "role": role}, made, as_json)


def seconds(text: str) -> int:
    """`12h` as seconds, LONGEST_LIFE at most; a bare number is seconds."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = (text[:-1], text[-1]) if text[-1:] in units else (text, "s")
    if not number.isdecimal() or not number.strip("0"):
        raise click.BadParameter("a number with s, m, h or d behind it, such as 12h", param_hint="--ttl")
    life = int(number[:DIGITS]) * units[unit]
    if len(number) > DIGITS or life > LONGEST_LIFE:
        raise click.BadParameter("a token is valid for 365 days at most", param_hint="--ttl")
    return life
