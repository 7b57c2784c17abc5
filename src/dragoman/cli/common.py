"""What every command has: its data directory, output for people or for machines, and errors with the remedy."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from ..catalog.catalog import Catalog
from ..errors import DragomanError
from ..settings import Settings, load


class Failed(click.ClickException):
    """An error that is meant for a person, on standard error, or as one JSON object for machines."""

    def __init__(self, error: Exception, *, as_json: bool) -> None:
        super().__init__(str(error))
        self._as_json = as_json

    def show(self, file: Any = None) -> None:  # noqa: ARG002  # click's own signature
        """Print what went wrong."""
        if self._as_json:
            say({"error": self.message})
        click.echo(f"dragoman: {self.message}", err=True)


def say(facts: Any) -> None:
    """One JSON object, alone on standard output."""
    click.echo(msgspec.json.encode(facts).decode())


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command has, and errors told as one line with the remedy."""
    @click.option("--data-dir", metavar="DIR", help="Where editions and state are kept (./dragoman-data).")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object for machines.")
    @functools.wraps(command)
    def run(*arguments: Any, as_json: bool, **options: Any) -> Any:
        try:
            return command(*arguments, as_json=as_json, **options)
        except BrokenPipeError:                     # such as `| head`: who reads has enough
            raise
        except (DragomanError, OSError) as error:
            raise Failed(error, as_json=as_json) from None
    return run


def open_control(data_dir: str | None, *, any_secret: bool = False) -> Settings:
    """Make the database of accounts ready for a command, whose secret key must be the one of before, or may be any."""
    from ..control.migrating import migrate

    settings = load(data_dir=data_dir)
    migrate(settings, first_only=True)
    if not any_secret:
        from ..control.ledger.secret import note_secret

        note_secret(settings)
    return settings


def actor() -> Any:
    """Who runs this command, for the log of operators' acts."""
    from ..control.administration.audit import actor_of_command

    return actor_of_command()


def served_catalogs(settings: Settings) -> list[Catalog]:
    """What this data directory serves. Raises `DragomanError` where that cannot be told."""
    from .. import assembly

    served = assembly.recall(Path(settings.data_dir))
    return assembly.load_catalogs(served.sources, served.name, settings)[0]


def tell(facts: dict[str, Any], line: str, *, as_json: bool) -> None:
    """Say what was done, to a machine or to a person."""
    if as_json:
        say(facts)
    else:
        click.echo(line)
