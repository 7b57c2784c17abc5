"""Commands about people: their accounts, and the database that holds them."""

from __future__ import annotations

import sys

import click

from .common import common, open_control, settings_of, tell


@click.command()
@common
def migrate(data_dir: str | None, as_json: bool) -> None:
    """Bring the database of accounts to this version; nothing in it is lost."""
    from ..control.migrating import migrate as bring_up

    applied = bring_up(settings_of(data_dir=data_dir))
    tell({"applied": applied}, f"Applied {len(applied)} changes." if applied else "Nothing to do.", as_json=as_json)


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
    settings = open_control(data_dir)
    from ..control.accounts import services

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    made = services.add(name, email=email, password=password or None, operator=operator, subject=subject)
    facts = {"account": made.username, "id": made.pk, "subject": made.subject, "operator": operator}
    line = f"Opened the account {made.username}."
    if operator or not password:
        facts["sign_in_link"] = link = services.link_of(made, settings)
        line += f"\nThis link signs in once, within the hour: {link}"
    tell(facts, line, as_json=as_json)


@account.command("ban")
@click.argument("name")
@click.option("--reason", default="", help="Told to the owner.")
@common
def ban_account(name: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """End everything that an account may do."""
    open_control(data_dir)
    from ..control.accounts import services

    services.ban(services.find(name), reason)
    tell({"account": name, "banned": True}, f"Banned {name}.", as_json=as_json)


@account.command("unban")
@click.argument("name")
@common
def unban_account(name: str, data_dir: str | None, as_json: bool) -> None:
    """Give a banned account back what it had."""
    open_control(data_dir)
    from ..control.accounts import services

    services.unban(services.find(name))
    tell({"account": name, "banned": False}, f"{name} is not banned any more.", as_json=as_json)
