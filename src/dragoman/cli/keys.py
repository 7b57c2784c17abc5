"""Commands about keys and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..credentials.secrets import Kind
from ..errors import DragomanError
from ..settings import Settings
from .common import actor, common, open_control, say, served_catalogs, tell

KINDS = [Kind.GW2.value, Kind.API_TOKEN.value, Kind.USER_TOKEN.value, Kind.REMOTE_AUTH.value]
_DEFAULT = "account"


@click.group()
def key() -> None:
    """Keys and tokens."""


@key.command("add")
@click.option("--account", "owner", required=True, help="Whose key it is.")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="Which dialect it is for: see docs/keys.md.")
@click.option("--permission", "permissions", multiple=True, metavar="P", help="What it may do (account).")
@click.option("--expires", metavar="DURATION", help="Such as 90d or 12h; never by default.")
@click.option("--name", default="", help="What its owner calls it.")
@common
def add_key(
    owner: str, kind: str, permissions: tuple[str, ...], expires: str | None, name: str, data_dir: str | None, as_json: bool,
) -> None:
    """Make a key; its secret is printed this once."""
    settings = open_control(data_dir)
    from ..control.accounts import services as accounts
    from ..control.administration import acts
    from ..control.keys import services

    _know_permissions(settings, permissions)
    made, secret = acts.add_key(actor(), accounts.find(owner), Kind(kind), name or kind, permissions, services.expiry(expires))
    facts = {"id": str(made.pk), "secret": secret, "kind": made.kind, "permissions": made.permissions,
             "expires_at": made.expires_at.isoformat() if made.expires_at else None}
    tell(facts, f"{secret}\n\nIt is shown this once. Its id is {made.pk}.", as_json=as_json)


def _know_permissions(settings: Settings, wanted: Sequence[str]) -> None:
    """Learn the permissions of what this data directory serves, where others than the usual one are wanted."""
    from ..control.published import Published, publish

    if set(wanted) <= {_DEFAULT}:
        return
    try:
        catalogs = served_catalogs(settings)
    except DragomanError as error:
        click.echo(f"The permissions could not be compared with what is served: {error}", err=True)
    else:
        publish(Published(catalogs=catalogs))


@key.command("revoke")
@click.argument("id")
@common
def revoke_key(id: str, data_dir: str | None, as_json: bool) -> None:
    """End a key for good."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.keys import services

    acts.revoke(actor(), services.find(id))
    tell({"id": id, "state": "revoked"}, f"Revoked {id}.", as_json=as_json)


@key.command("void-all", short_help="End every key and secret that was issued.")
@click.confirmation_option(prompt="Every key, token, application secret and authenticator ends, for good. Go on?")
@common
def void_all(data_dir: str | None, as_json: bool) -> None:
    """End every key, token, application secret, authenticator and recovery code, for good: after the secret key was lost, or was
    seen by somebody and replaced. Passwords and passkeys stay. Stop the servers first; start them afterwards."""
    open_control(data_dir, any_secret=True)
    from ..control.administration import acts

    done = acts.void_all(actor())
    tell(done._asdict(), f"Ended: {done.keys} keys, {done.secrets} application secrets, {done.sign_ins} sign-ins to applications, "
         f"{done.factors} authenticators. Start the servers again.", as_json=as_json)


@key.command("disable", short_help="Refuse a key until it is enabled.")
@click.argument("id")
@click.option("--reason", default="", help="Shown to its owner.")
@common
def disable_key(id: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse a key until it is enabled again; its owner cannot do that."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.keys import services

    acts.suspend(actor(), services.find(id), reason)
    tell({"id": id, "state": "suspended"}, f"Disabled {id}.", as_json=as_json)


@key.command("enable", short_help="Take a key again that an operator disabled.")
@click.argument("id")
@common
def enable_key(id: str, data_dir: str | None, as_json: bool) -> None:
    """Take a key again that an operator disabled; what its owner disabled stays so."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.keys import services

    acts.release(actor(), services.find(id))
    state = services.find(id).state.value
    tell({"id": id, "state": state}, f"{id} is not disabled by an operator any more; it is {state}.", as_json=as_json)


@key.command("import", short_help="Take over keys by their SHA-256.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common
def import_keys(file: Path, data_dir: str | None, as_json: bool) -> None:
    """Take over keys that were issued elsewhere, by the SHA-256 of each: CSV or NDJSON with kind, sha256, account and,
    where there are any, name, permissions and expires. All of them or none; those that are known stay as they are."""
    settings = open_control(data_dir)
    from ..control.administration import acts
    from ..control.keys.importing import read

    rows = read(file)
    _know_permissions(settings, sorted({name for _, row in rows.good for name in row.names}))
    done = acts.import_keys(actor(), rows)
    tell(done._asdict(), f"Imported {done.added} keys; {done.known} were known.", as_json=as_json)


# -------------------------------------------------------------------------------------------- asked for by accounts


@key.command("requests")
@common
def list_requests(data_dir: str | None, as_json: bool) -> None:
    """Who asks for keys, and waits for an answer."""
    open_control(data_dir)
    from ..control.keys.models import KeyRequest

    facts = [_facts_of(request) for request in KeyRequest.waiting().select_related("account")]
    if as_json:
        say({"requests": facts})
        return
    for each in facts:
        click.echo(f"{each['id']}  {each['account']}  {each['kind']}  {' '.join(each['permissions'])}  {each['name']}")
    if not facts:
        click.echo("Nobody waits.")


def _facts_of(request: Any) -> dict[str, Any]:
    return {"id": str(request.pk), "account": request.account.username, "kind": request.kind, "name": request.name,
            "permissions": request.permissions, "days": request.days, "created_at": request.asked_at.isoformat()}


@key.command("grant")
@click.argument("id")
@common
def grant_request(id: str, data_dir: str | None, as_json: bool) -> None:
    """Let the account that asked make its key."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.asked import Reply
    from ..control.keys import issue

    acts.answer_key(actor(), issue.find_request(id), Reply.GRANTED, "")
    tell({"id": id, "answer": "granted"}, f"Granted {id}: its account finds it under Keys.", as_json=as_json)


@key.command("refuse")
@click.argument("id")
@click.option("--reason", default="", help="Shown to who asked.")
@common
def refuse_request(id: str, reason: str, data_dir: str | None, as_json: bool) -> None:
    """Refuse a request for a key."""
    open_control(data_dir)
    from ..control.administration import acts
    from ..control.asked import Reply
    from ..control.keys import issue

    acts.answer_key(actor(), issue.find_request(id), Reply.REFUSED, reason)
    tell({"id": id, "answer": "refused"}, f"Refused {id}.", as_json=as_json)
