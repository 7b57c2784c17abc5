"""Commands about applications."""

from __future__ import annotations

import click

from .common import common, open_control, tell


@click.group()
def application() -> None:
    """What calls the API."""


@application.command("add")
@click.argument("name")
@click.option("--owner", required=True, help="The account that owns it.")
@click.option("--type", "type", required=True, type=click.Choice(["server", "standalone"]))
@click.option("--address", "addresses", multiple=True, metavar="CIDR", help="Where a server application calls from.")
@common
def add_application(
    name: str, owner: str, type: str, addresses: tuple[str, ...], data_dir: str | None, as_json: bool,
) -> None:
    """Register an application; prints its id."""
    open_control(data_dir)
    from ..control.accounts import services as accounts
    from ..control.applications import services

    made = services.add(name, accounts.find(owner), type, addresses)
    tell({"application_id": made.pk, "name": made.name, "type": made.type, "addresses": made.addresses}, made.pk,
         as_json=as_json)


@application.command("block")
@click.argument("id")
@click.option("--reason", default="", help="Shown to its owner.")
@common
def block_application(id: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse every call of an application."""
    open_control(data_dir)
    from ..control.applications import services

    services.block(services.find(id), reason)
    tell({"application_id": id, "blocked": True}, f"Blocked {id}.", as_json=as_json)


@application.command("unblock")
@click.argument("id")
@common
def unblock_application(id: str, data_dir: str | None, as_json: bool) -> None:
    """Take the calls of a blocked application again."""
    open_control(data_dir)
    from ..control.applications import services

    services.unblock(services.find(id))
    tell({"application_id": id, "blocked": False}, f"{id} is not blocked any more.", as_json=as_json)
