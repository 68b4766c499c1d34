"""The one way in which a command says that it could not run."""

import click


class CannotRun(click.ClickException):
    """One sentence for standard error that says what to do; exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        click.echo(f"rapport: {self.message}", err=True)
