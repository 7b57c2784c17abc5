"""Commands about who may ask: accounts, applications, keys, and the database that holds them."""

from __future__ import annotations

import sys
from typing import Any

import click

from ..credentials.secrets import Kind
from ..settings import Settings
from .common import common, say, settings_of

KINDS = [Kind.GW2.value, Kind.API_TOKEN.value, Kind.USER_TOKEN.value, Kind.REMOTE_AUTH.value]


def _open(data_dir: str | None) -> Settings:
    """Make the database of accounts ready for a command."""
    from ..control.migrating import migrate as bring_up

    settings = settings_of(data_dir=data_dir)
    bring_up(settings, first_only=True)
    return settings


def _told(facts: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        say(facts)
    else:
        click.echo(line)


@click.command()
@common
def migrate(data_dir: str | None, as_json: bool) -> None:
    """Bring the database of accounts to this version; nothing in it is lost."""
    from ..control.migrating import migrate as bring_up

    applied = bring_up(settings_of(data_dir=data_dir))
    _told({"applied": applied}, f"Applied {len(applied)} changes." if applied else "Nothing to do.", as_json=as_json)


@click.group()
def account() -> None:
    """People who may sign in."""


@account.command("add")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--operator", is_flag=True, help="Give it the reins; prints a link that signs in once.")
@click.option("--subject", help="The account's id in the publisher's data.")
@click.option("--email", default="", help="Its address; taken as verified.")
@common
def add_account(
    name: str, password_stdin: bool, operator: bool, subject: str | None, email: str, data_dir: str | None, as_json: bool,
) -> None:
    """Open an account."""
    settings = _open(data_dir)
    from ..control.accounts import services

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    made = services.add(name, email=email, password=password or None, operator=operator, subject=subject)
    facts = {"account": made.username, "id": made.pk, "subject": made.subject, "operator": operator}
    line = f"Opened the account {made.username}."
    if operator or not password:
        facts["sign_in_link"] = link = services.link_of(made, settings)
        line += f"\nThis link signs in once, within the hour: {link}"
    _told(facts, line, as_json=as_json)


@account.command("ban")
@click.argument("name")
@click.option("--reason", default="", help="Told to the owner.")
@common
def ban_account(name: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """End everything that an account may do."""
    _open(data_dir)
    from ..control.accounts import services

    services.ban(services.find(name), reason)
    _told({"account": name, "banned": True}, f"Banned {name}.", as_json=as_json)


@account.command("unban")
@click.argument("name")
@common
def unban_account(name: str, data_dir: str | None, as_json: bool) -> None:
    """Give a banned account back what it had."""
    _open(data_dir)
    from ..control.accounts import services

    services.unban(services.find(name))
    _told({"account": name, "banned": False}, f"{name} is not banned any more.", as_json=as_json)


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
    _open(data_dir)
    from ..control.accounts import services as accounts
    from ..control.applications import services

    made = services.add(name, accounts.find(owner), type, addresses)
    _told({"application_id": made.pk, "name": made.name, "type": made.type, "addresses": made.addresses}, made.pk,
          as_json=as_json)


@application.command("block")
@click.argument("id")
@click.option("--reason", default="", help="Shown to its owner.")
@common
def block_application(id: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse every call of an application."""
    _open(data_dir)
    from ..control.applications import services

    services.block(services.find(id), reason)
    _told({"application_id": id, "blocked": True}, f"Blocked {id}.", as_json=as_json)


@application.command("unblock")
@click.argument("id")
@common
def unblock_application(id: str, data_dir: str | None, as_json: bool) -> None:
    """Take the calls of a blocked application again."""
    _open(data_dir)
    from ..control.applications import services

    services.unblock(services.find(id))
    _told({"application_id": id, "blocked": False}, f"{id} is not blocked any more.", as_json=as_json)


@click.group()
def key() -> None:
    """Keys and tokens."""


@key.command("add")
@click.option("--account", "owner", required=True, help="Whose key it is.")
@click.option("--kind", required=True, type=click.Choice(KINDS))
@click.option("--permission", "permissions", multiple=True, metavar="P", help="What it may do (account).")
@click.option("--expires", metavar="DURATION", help="Such as 90d or 12h; never by default.")
@click.option("--name", default="", help="What its owner calls it.")
@common
def add_key(
    owner: str, kind: str, permissions: tuple[str, ...], expires: str | None, name: str, data_dir: str | None, as_json: bool,
) -> None:
    """Make a key; its secret is printed this once."""
    _open(data_dir)
    from ..control.accounts import services as accounts
    from ..control.keys import services

    made, secret = services.add(accounts.find(owner), Kind(kind), name or kind, permissions, services.expiry(expires))
    facts = {"id": str(made.pk), "secret": secret, "kind": made.kind, "permissions": made.permissions,
             "expires_at": made.expires_at.isoformat() if made.expires_at else None}
    _told(facts, f"{secret}\n\nIt is shown this once. Its id is {made.pk}.", as_json=as_json)


@key.command("revoke")
@click.argument("id")
@common
def revoke_key(id: str, data_dir: str | None, as_json: bool) -> None:
    """End a key for good."""
    _open(data_dir)
    from ..control.keys import services
    from ..control.keys.models import State

    services.set_state(services.find(id), State.REVOKED)
    _told({"id": id, "state": "revoked"}, f"Revoked {id}.", as_json=as_json)
