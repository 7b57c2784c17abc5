"""Sign-in as clients of the lesta dialect know it: no code, the token itself comes back in the address (L11).

What the dialect found in order begins here; the page in the browser finds it in order once more, since anybody can write its
address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest
from django.utils import timezone

from ...errors import Code, Refusal, refuse
from ...query import SignIn, Token
from ..accounts.models import Account
from ..applications.addresses import is_registered
from ..applications.models import Application
from ..configuration import ours
from ..keys.permissions import PERMISSION_DEFAULT
from ..pages import origin_of
from ..published import published
from . import services
from .models import AccessToken, Client

PATH = "/oauth/lesta"
BLANK = "/oauth/lesta/blank"
"""Where browsers go that an application sends nowhere else; a program that shows them reads the address."""
CANCELLED, EXPIRED, FAILED = ("401", "AUTH_CANCEL"), ("403", "AUTH_EXPIRED"), ("410", "AUTH_ERROR")
_DIGITS_MAX = 12


class Wanted(NamedTuple):
    """A sign-in that an application asks for, found in order."""

    client: Client
    redirect_uri: str
    scopes: list[str]
    ends_at: int | None

    @property
    def sure(self) -> bool:
        """Whether an answer can reach nobody else's program, so that it needs no page once the account has consented."""
        return self.redirect_uri.startswith("https://") and is_registered(self.client.redirect_addresses, self.redirect_uri)


class Unanswerable(Exception):
    """A request of which nobody knows that it is the application's."""


# -------------------------------------------------------------------------------------------- for the data plane


def begin(asked: SignIn) -> str:
    """The address of the page. Raises `Refusal` where the browser could not be sent back."""
    if asked.redirect_uri is not None and not _may_return(asked.application, asked.redirect_uri):
        raise refuse(Code.PARAMETER_INVALID, "not an address of this application", field="redirect_uri", value=asked.redirect_uri,
                     hint="Register it, letter by letter, on the application's page in the Developer Room.")
    told = {"application_id": asked.application, "catalog": asked.catalog, "redirect_uri": asked.redirect_uri,
            "expires_at": asked.ends_at, "language": asked.language, "display": "popup" if asked.popup else None}
    query = urlencode({name: value for name, value in told.items() if value is not None})
    return f"{ours().base_url.rstrip('/')}{PATH}?{query}"


def _may_return(application: str, redirect_uri: str) -> bool:
    known = Application.objects.filter(pk=application).first()
    return known is not None and is_registered(known.redirect_addresses, redirect_uri)


def prolong(token: str, ends_at: int | None) -> Token:
    """A new token in the place of one. Raises `Refusal`."""
    renewed = services.prolong(token, _lifetime_s(ends_at))
    if renewed is None:
        raise _ended()
    made, text = renewed
    return Token(id=str(made.pk), text=text, account_id=made.user.subject, expires_at=made.expires.timestamp())


def _ended() -> Refusal:
    return refuse(Code.CREDENTIAL_INVALID, "the token has ended, or is renewed with a refresh token", hint="Sign in again.",
                  facts={"kind": "access-token"})


def _lifetime_s(ends_at: int | None) -> float:
    return ours().room.token_max_s if ends_at is None else ends_at - timezone.now().timestamp()


# -------------------------------------------------------------------------------------------- for the page


def asked_by(request: HttpRequest) -> Mapping[str, str]:
    """What an application asked for, on its page and on those that lead there, such as that of signing in; else nothing."""
    if request.path in (PATH, BLANK):
        return request.GET.dict()
    address = request.GET.get("next") or request.POST.get("next") or ""
    return dict(parse_qsl(address.partition("?")[2])) if address.startswith(f"{PATH}?") else {}


def is_popup(request: HttpRequest) -> bool:
    """Whether an application has opened a small window for its sign-in, in which the frame of the Room has no place."""
    return asked_by(request).get("display") == "popup" or request.path == BLANK


def read_wanted(request: HttpRequest) -> Wanted:
    """What the address of a request asks for; a form beside it says nothing. Raises `Unanswerable`."""
    if any(len(values) > 1 for values in dict(request.GET.lists()).values()):
        raise Unanswerable
    asked = request.GET
    id = asked.get("application_id", "").lower()
    client = Client.objects.select_related("owner").filter(pk=id).first() if id.isalnum() else None
    catalog = next((each for each in published().catalogs if each.name == asked.get("catalog")), None)
    ends_at = asked.get("expires_at")
    if client is None or catalog is None or not client.is_usable(request) or not _is_moment(ends_at):
        raise Unanswerable
    redirect_uri = asked.get("redirect_uri")
    if redirect_uri is not None and not is_registered(client.redirect_addresses, redirect_uri):
        raise Unanswerable
    return Wanted(client, redirect_uri or _blank(request), ["profile", *(catalog.permissions or (PERMISSION_DEFAULT,))],
                  int(ends_at) if ends_at else None)


def _blank(request: HttpRequest) -> str:
    """The blank page, in the language that was asked for."""
    language = request.GET.get("language")
    return origin_of(request) + BLANK + (f"?{urlencode({'language': language})}" if language else "")


def _is_moment(text: str | None) -> bool:
    return text is None or (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX)


def sign_in(wanted: Wanted, account: Account) -> dict[str, str]:
    """What a browser takes back to the application, once the account has consented: a token of theirs, or why there is none."""
    lifetime_s = _lifetime_s(wanted.ends_at)
    if lifetime_s <= 0:
        return refusal(EXPIRED)
    issued = services.issue(account, wanted.client, wanted.scopes, lifetime_s)
    if issued is None:                          # taken back meanwhile
        return refusal(CANCELLED)
    token, text = issued
    return {"status": "ok", "access_token": text, "expires_at": str(_moment(token)), "account_id": token.user.subject or "",
            "nickname": token.user.username}


def _moment(token: AccessToken) -> int:
    return int(token.expires.timestamp())


def refusal(why: tuple[str, str]) -> dict[str, str]:
    """How an application is told that nobody signed in."""
    return {"status": "error", "code": why[0], "message": why[1]}
