"""Commands about what is published: switching resources and methods off and on."""

from __future__ import annotations

import click

from ..errors import DragomanError, SettingsError
from ..settings import Settings
from .common import actor, common, open_control, served_catalogs, tell


@click.group()
def method() -> None:
    """Methods and resources that are served."""


@method.command("disable", short_help="Refuse every call of a method or resource.")
@click.argument("target", metavar="[CATALOG:]PATH")
@click.option("--reason", default="", help="For the log of operators.")
@common
def disable_method(target: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse every call of a method or resource, in every dialect, until it is enabled."""
    settings = open_control(data_dir)
    from ..control.administration import acts

    made = acts.switch_off(actor(), *_find(target, settings), reason)
    tell({"catalog": made.catalog, "path": made.path, "disabled": True}, f"Disabled {made}.", as_json=as_json)


def _find(target: str, settings: Settings) -> tuple[str, str]:
    """What is meant, of what this data directory serves; as it is written, where that cannot be told."""
    from ..control.administration.switches import find_served, split_name

    try:
        catalogs = served_catalogs(settings)
    except DragomanError as error:
        catalog, path = split_name(target)
        if not catalog:
            raise SettingsError(f"What is served here cannot be told, so write CATALOG:{path}. {error}") from None
        click.echo(f"The name could not be compared with what is served: {error}", err=True)
        return catalog, path
    return find_served(target, catalogs)


@method.command("enable")
@click.argument("target", metavar="[CATALOG:]PATH")
@common
def enable_method(target: str, data_dir: str | None, as_json: bool) -> None:
    """Let a method or resource answer again."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.administration.switches import find_off

    switch = find_off(target)
    acts.switch_on(actor(), switch)
    tell({"catalog": switch.catalog, "path": switch.path, "disabled": False}, f"Enabled {switch}.", as_json=as_json)
