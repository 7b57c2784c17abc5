"""Commands about applications."""

from __future__ import annotations

import click

from ..catalog.version import show_version
from .common import actor, common, open_control, served_catalogs, tell


@click.group()
def application() -> None:
    """What calls the API."""


@application.command("add")
@click.argument("name")
@click.option("--owner", required=True, help="The account that owns it.")
@click.option("--type", "type", required=True, type=click.Choice(["server", "standalone"]),
              help="server: called from its addresses alone; standalone: from anywhere.")
@click.option("--address", "addresses", multiple=True, metavar="CIDR", help="Where a server application calls from.")
@click.option("--redirect", "redirects", multiple=True, metavar="URL", help="Where browsers may be sent after a sign-in.")
@common
def add_application(
    name: str, owner: str, type: str, addresses: tuple[str, ...], redirects: tuple[str, ...], data_dir: str | None, as_json: bool,
) -> None:
    """Register an application; prints its id."""
    open_control(data_dir)
    from ..control.accounts import services as accounts
    from ..control.administration import acts

    made = acts.register(actor(), name, accounts.find(owner), type, addresses, redirects)
    tell({"application_id": made.pk, "name": made.name, "type": made.type, "addresses": made.addresses}, made.pk,
         as_json=as_json)


@application.command("block")
@click.argument("id")
@click.option("--reason", default="", help="Shown to its owner.")
@common
def block_application(id: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse every call of an application."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import services

    acts.block(actor(), services.find(id), reason)
    tell({"application_id": id, "blocked": True}, f"Blocked {id}.", as_json=as_json)


@application.command("unblock")
@click.argument("id")
@common
def unblock_application(id: str, data_dir: str | None, as_json: bool) -> None:
    """Take the calls of a blocked application again."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import services

    acts.unblock(actor(), services.find(id))
    tell({"application_id": id, "blocked": False}, f"{id} is not blocked any more.", as_json=as_json)


@application.command("limit", short_help="Say how much an application may ask.")
@click.argument("id")
@click.option("--rate", help="Calls in a time, such as 50/s; an empty text for what is usual.")
@click.option("--quota", help="The same of its quota, such as 1000000/d.")
@common
def limit_application(id: str, rate: str | None, quota: str | None, data_dir: str | None, as_json: bool) -> None:
    """Say how much an application may ask; what is not named stays as it is."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import services

    found = services.find(id)
    acts.limit(actor(), found, found.rate if rate is None else rate, found.quota if quota is None else quota)
    found = services.find(id)
    tell({"application_id": id, "rate": found.rate, "quota": found.quota},
         f"{id}: rate {found.rate or 'as usual'}, quota {found.quota or 'as usual'}.", as_json=as_json)


@application.command("pin", short_help="Settle an application on a version of the schema.")
@click.argument("id")
@click.argument("version", metavar="VERSION|none")
@common
def pin_version(id: str, version: str, data_dir: str | None, as_json: bool) -> None:
    """Settle an application on a version of the schema, for calls that name none; or on none, which is the earliest."""
    settings = open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import pinning, services

    wanted = None if version == "none" else version
    known = [] if wanted is None else pinning.versions_of(served_catalogs(settings))
    pinned = show_version(acts.pin(actor(), services.find(id), wanted, known).version)
    tell({"application_id": id, "version": pinned or None}, f"{id} is answered in version {pinned or 'none: the earliest'}.",
         as_json=as_json)


@application.command("secret", short_help="Make a secret of an application.")
@click.argument("id")
@common
def add_secret(id: str, data_dir: str | None, as_json: bool) -> None:
    """Make a secret by which an application proves itself where it gets tokens; prints it once."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import services

    secret, text = acts.add_secret(actor(), services.find(id))
    tell({"id": str(secret.pk), "application_id": id, "secret": text}, text, as_json=as_json)


@application.command("pkce", short_help="Say whether sign-ins need PKCE.")
@click.argument("id")
@click.argument("rule", type=click.Choice(["required", "optional"]))
@common
def set_pkce(id: str, rule: str, data_dir: str | None, as_json: bool) -> None:
    """Say whether an application with a secret may ask for sign-ins without PKCE, as old clients do."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.applications import services

    acts.set_pkce(actor(), services.find(id), rule == "required")
    tell({"application_id": id, "pkce": rule}, f"PKCE is {rule} for {id}.", as_json=as_json)
