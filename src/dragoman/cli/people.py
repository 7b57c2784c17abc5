"""Commands about people: accounts, terms of use, and the database that holds them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..errors import SettingsError
from ..settings import load
from .common import actor, common, open_control, tell

_PASSWORD_MAX_BYTES = 4_096


@click.command(short_help="Bring the database of accounts to this version.")
@common
def migrate(data_dir: str | None, as_json: bool) -> None:
    """Bring the database of accounts to this version; nothing in it is lost."""
    from ..control.migrating import migrate as bring_up

    applied = bring_up(load(data_dir=data_dir))
    tell({"applied": applied}, f"Applied {len(applied)} changes." if applied else "Nothing to do.", as_json=as_json)


@click.group()
def account() -> None:
    """People who may sign in."""


@account.command("add")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--operator", is_flag=True, help="Give it the reins; prints a link that signs in once.")
@click.option("--subject", help="The account's id in the publisher's data.")
@click.option("--email", default="", help="Its address; taken as verified.")
@common
def add_account(
    name: str, password_stdin: bool, operator: bool, subject: str | None, email: str, data_dir: str | None, as_json: bool,
) -> None:
    """Open an account."""
    password = _read_password() if password_stdin else None
    settings = open_control(data_dir)
    from ..control.accounts import links
    from ..control.administration import acts

    made = acts.open_account(actor(), name, email=email, password=password, operator=operator, subject=subject)
    facts = {"account": made.username, "id": made.pk, "subject": made.subject, "operator": operator}
    line = f"Opened the account {made.username}."
    if operator or password is None:
        facts["sign_in_link"] = link = links.link_of(made, settings)
        line += f"\nThis link signs in once, within the hour: {link}"
    tell(facts, line, as_json=as_json)


def _read_password() -> str:
    """The first line of standard input. Raises `SettingsError` for none, and for what is no text."""
    line = sys.stdin.buffer.readline(_PASSWORD_MAX_BYTES + 1).rstrip(b"\r\n")
    if not line or len(line) > _PASSWORD_MAX_BYTES:
        raise SettingsError(f"Give a password of 1 to {_PASSWORD_MAX_BYTES} bytes on the first line of standard input.")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise SettingsError("The password is no UTF-8 text.") from None


@account.command("link")
@click.argument("name")
@common
def link_account(name: str, data_dir: str | None, as_json: bool) -> None:
    """Print a link that signs an account in once, within the hour."""
    settings = open_control(data_dir)
    from ..control.accounts import services
    from ..control.administration import acts

    found = services.find(name)
    if not found.is_active:
        raise SettingsError(f"The account {found.username!r} is banned: `dragoman account unban {found.username}` first.")
    link = acts.make_link(actor(), found, settings)
    tell({"account": found.username, "sign_in_link": link}, link, as_json=as_json)


@account.command("connect", short_help="Say who an account is in the publisher's data.")
@click.argument("name")
@click.argument("subject")
@common
def connect_account(name: str, subject: str, data_dir: str | None, as_json: bool) -> None:
    """Say by the id SUBJECT who an account is in the publisher's data; an empty text for nobody. Applications to which it
    signed in as somebody else have to ask again."""
    open_control(data_dir)
    from ..control.accounts import services
    from ..control.administration import acts

    made = acts.connect(actor(), services.find(name), subject)
    line = f"{made.username} is {made.subject!r} in the data." if made.subject else f"{made.username} is nobody in the data."
    tell({"account": made.username, "subject": made.subject}, line, as_json=as_json)


@account.command("ban")
@click.argument("name")
@click.option("--reason", default="", help="Told to the owner.")
@common
def ban_account(name: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """End everything that an account may do."""
    open_control(data_dir)
    from ..control.accounts import services
    from ..control.administration import acts

    found = services.find(name)
    acts.ban(actor(), found, reason)
    tell({"account": found.username, "banned": True}, f"Banned {found.username}.", as_json=as_json)


@account.command("unban")
@click.argument("name")
@common
def unban_account(name: str, data_dir: str | None, as_json: bool) -> None:
    """Give a banned account back what it had."""
    open_control(data_dir)
    from ..control.accounts import services
    from ..control.administration import acts

    found = services.find(name)
    acts.unban(actor(), found)
    tell({"account": found.username, "banned": False}, f"{found.username} is not banned any more.", as_json=as_json)


@click.group()
def terms() -> None:
    """What people agree to when they sign up."""


@terms.command("publish", short_help="Put a text in force; all are asked to accept it.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common
def publish_terms(file: Path, data_dir: str | None, as_json: bool) -> None:
    """Put the text of FILE in force; every account is asked to accept it. Headings begin with #, points of a list with -."""
    open_control(data_dir)
    from ..control.administration import acts

    try:
        made = acts.publish_terms(actor(), file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is no UTF-8 text.") from None
    tell({"published_at": made.published_at.isoformat(), "characters": len(made.text)},
          "The terms are in force; every account is asked to accept them.", as_json=as_json)
