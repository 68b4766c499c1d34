"""Reactions: others' events become a service's own commands, each carried out once."""


def run(service: str) -> None:
    """The process `rapport react SERVICE`."""
    # Whoever only declares a reaction need not load what carries it.
    from kernel.reaction import process

    process.run(service)
