"""Signing in to an application, and the life of the token that comes of it: `auth/login`, `auth/prolongate`, `auth/logout` (L11)."""

from __future__ import annotations

import datetime
import re
import time
from typing import Literal

import msgspec

from ...catalog.catalog import Catalog
from ...catalog.plain import encode_json
from ...catalog.record import Record
from ...contracts import Keys, SignIns
from ...errors import Code, Refusal, refuse
from ...exchange import Answer, Request, Result
from ...query import Caller, Credential, CredentialKind, Query, SignIn
from .writing import write_data, write_result

LOGIN, LOGOUT = "auth/login", "auth/logout"
LIFE_MAX_S = 1_209_600
"""Two weeks."""
_AHEAD_S = 60
"""By how much the clock of somebody who asks for just two weeks may be ahead of ours."""
_NUMBER = re.compile(r"[0-9]{1,12}\Z")
_HEARD_S = 5.0
_POLL_S = 0.02
_ELSEWHERE_S = 0.1
"""How long the other processes of a machine take to hear of a token that this one knows."""


class Location(Record):
    """Where the browser of whoever signs in has to go."""

    location: str


class Prolonged(Record):
    """A token in the place of one that has ended."""

    access_token: str
    account_id: str | None
    expires_at: int


def catalog_of(catalog: Catalog, sign_ins: SignIns, keys: Keys) -> Catalog:
    """The three methods beside those of a catalog, in its API and its clusters."""
    own = Catalog(f"{catalog.name}-auth", title=catalog.title, api_name=catalog.api_name, languages=catalog.languages,
                  clusters=catalog.clusters)

    @own.method(LOGIN)
    def login(
        caller: Caller, redirect_uri: str | None = None, expires_at: str | None = None,
        display: Literal["page", "popup"] = "page", nofollow: Literal[0, 1] = 0, language: str | None = None,  # noqa: ARG001  # read when it is written
    ) -> Location:
        """Let somebody sign in to the application: the browser goes to a page, and comes back with a token."""
        return Location(location=sign_ins.begin(SignIn(
            application=caller.application or "", catalog=catalog.name, redirect_uri=redirect_uri,
            ends_at=read_end(expires_at), popup=display == "popup", language=language)))

    @own.method("auth/prolongate", verb="POST", authenticated=True, secret=True)
    def prolongate(caller: Caller, expires_at: str | None = None) -> Prolonged:
        """A new token in the place of the one that is sent, which ends."""
        token = sign_ins.prolong(caller.key or "", read_end(expires_at))
        _hear(msgspec.structs.replace(caller, key=token.id), keys)
        return Prolonged(access_token=token.text, account_id=token.account_id, expires_at=int(token.expires_at))

    @own.method(LOGOUT, verb="POST", authenticated=True, secret=True)
    def logout(caller: Caller) -> None:
        """End the token that is sent."""
        sign_ins.end(caller.key or "")

    return own.load()


def _hear(caller: Caller, keys: Keys) -> None:
    """Wait until the caller's key has come into force here, and then elsewhere: whoever gets it uses it at once."""
    ends = time.monotonic() + _HEARD_S
    while time.monotonic() < ends:
        try:
            keys.describe(caller)
        except Refusal:
            time.sleep(_POLL_S)
        else:
            time.sleep(_ELSEWHERE_S)
            return


def read_end(text: str | None) -> int | None:
    """The UNIX time in seconds that `expires_at` means: one itself, a number of seconds from now, or a time with its zone.

    Raises `Refusal` for nonsense, for the past, and for more than two weeks.
    """
    if text is None:
        return None
    now = time.time()
    moment = _moment(text, now)
    if moment is None or not now < moment <= now + LIFE_MAX_S + _AHEAD_S:
        raise refuse(Code.PARAMETER_INVALID, "not a time within two weeks", field="expires_at", value=text,
                     hint=f"Send a UNIX time, or a number of seconds from now up to {LIFE_MAX_S}.")
    return int(moment)


def _moment(text: str, now: float) -> float | None:
    if _NUMBER.match(text):
        return int(text) + (now if int(text) <= LIFE_MAX_S else 0)
    try:
        found = msgspec.convert(text, datetime.datetime)
    except msgspec.ValidationError:
        return None
    return found.timestamp() if found.tzinfo is not None else None


def _number(account_id: str | None) -> int | str | None:
    """An id as clients know it, which is a number where it can be one."""
    if account_id is not None and re.fullmatch(r"0|[1-9][0-9]{0,17}", account_id):
        return int(account_id)
    return account_id


# -------------------------------------------------------------------------------------------- questions and answers


def ask_own(query: Query, left: dict[str, list[str]]) -> None:
    """What these methods take otherwise than others. All of it are texts, so that a number of a JSON body is read as one of
    a form. The page speaks languages of its own. Whoever follows the link of an application is no caller of it: it comes
    from anywhere, and whatever old token is in it says nothing."""
    if query.language is not None:
        left["language"] = [query.language]
    query.arguments, query.language, query.fields, query.extra = None, None, (), ()
    if query.target == LOGIN:
        kind: CredentialKind = "application-id" if left.get("nofollow") == ["1"] else "application-link"
        query.requires = (kind,)
        query.credentials = tuple(Credential(kind, each.text) for each in query.credentials if each.kind == "application-id")


def write_own(result: Result, request: Request) -> Answer:
    """A browser is sent on to sign in, and of a token that was ended there is nothing to tell."""
    path = result.plan.target.path
    if path == LOGOUT:
        return write_data(b"{}", {}, path)
    if path != LOGIN:
        result.value["account_id"] = _number(result.value["account_id"])
        return write_result(result, request)
    location = result.value["location"]
    if location.startswith("/"):
        location = f"{request.scheme}://{request.host}{location}"
    answer = write_data(encode_json({"location": location}), {"count": 1}, path)
    if not result.plan.arguments.get("nofollow"):
        answer.status = 302
        answer.headers += ((b"location", location.encode()), (b"referrer-policy", b"no-referrer"))
    return answer
