"""The provider itself: what django-oauth-toolkit asks of us, and the calls that we make on it. `models` has its tables."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import FatalClientError, OAuth2Error

from ...credentials.secrets import Kind, mint
from ..accounts.models import Account
from ..configuration import digester_of, ours
from ..keys import permissions
from . import webmaster
from .models import Client, Grant, RefreshToken
from .remedies import explained, explained_body

NONCE_MAX = 255
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in base64url (RFC 7636, section 4.2)."""


def scope_texts() -> dict[str, str]:
    """Everything that an application may ask for, in words for the one who is asked."""
    return {
        "openid": _("Recognize you when you come back"),
        "profile": _("Your name here, and the id of your account in the publisher's data"),
        **permissions.known(),
    }


class Scopes(BaseScopes):  # type: ignore[misc]  # the library ships no types
    """The permissions of the catalogs that are served, and the scopes of OpenID Connect."""

    def get_all_scopes(self) -> dict[str, str]:
        """By name, in words."""
        return scope_texts()

    def get_available_scopes(self, application: Any = None, request: Any = None, *more: Any, **named: Any) -> list[str]:  # noqa: ARG002  # the library's own signature
        """Whatever the application, all of them: the account decides."""
        return list(scope_texts())

    def get_default_scopes(self, application: Any = None, request: Any = None, *more: Any, **named: Any) -> list[str]:  # noqa: ARG002  # the library's own signature
        """What one gets who asks for nothing: who the account is, as with keys."""
        return [permissions.PERMISSION_DEFAULT]


def make_access_token(request: object) -> str:  # noqa: ARG001  # the library's own signature
    """A new access token; lower case, as some clients lower whole addresses (L11)."""
    return mint(Kind.ACCESS_TOKEN)


def make_refresh_token(request: object) -> str:  # noqa: ARG001  # the library's own signature
    """A new refresh token."""
    return mint(Kind.REFRESH_TOKEN)


def subject_of(account: Account, application: str) -> str:
    """Who an account is to one application: always the same, and another for each application (OpenID Connect Core, 8.1)."""
    key = digester_of(ours()).derive("subjects")
    return hmac.digest(key, f"{application}:{account.pk}".encode(), "sha256").hex()[:32]


class Validator(OAuth2Validator):  # type: ignore[misc]  # the library ships no types
    """The rules that are ours: secrets by their digests, codes that are known after their use, accounts that may be banned."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "account_id": "profile"}  # noqa: RUF012  # the library's own attribute

    # ------------------------------------------------------------------------------------ applications

    def _load_application(self, client_id: str, request: Any) -> Client | None:
        """The application of an id, where it may sign anybody in."""
        known = request.client
        if not (isinstance(known, Client) and known.pk == client_id):
            plain = (client_id or "").lower()
            known = Client.objects.select_related("owner").filter(pk=plain).first() if plain.isalnum() else None
        found = known if known is not None and known.is_usable(request) else None
        request.client = found
        return found

    def _extract_basic_auth(self, request: Any) -> str | None:
        """What a header Authorization holds, where it can be base64: the library would fail at other letters."""
        text = super()._extract_basic_auth(request)
        return text if text is not None and text.isascii() else None

    def _check_secret(self, provided_secret: str, stored_secret: list[bytes]) -> bool:
        digest = digester_of(ours()).digest(provided_secret)
        return any([hmac.compare_digest(digest, each) for each in stored_secret])  # noqa: C419  # all are compared

    def is_pkce_required(self, client_id: str, request: Any) -> bool:  # noqa: ARG002  # the library's own signature
        """Always, unless an application that proves itself by a secret was excused, or asks where clients know none (W3)."""
        client = request.client
        return not (client is not None and client.confidential and (client.pkce_optional or webmaster.is_asked(request.uri)))

    def is_origin_allowed(self, *arguments: Any, **named: Any) -> bool:  # noqa: ARG002  # the library's own signature
        """Never by the library: our answers say themselves that any page may read them."""
        return False

    # ------------------------------------------------------------------------------------ codes

    def validate_code(self, client_id: str, code: str, client: Client, request: Any, *more: Any, **named: Any) -> bool:
        """Whether a code is good; one that was used before ends what came of it (RFC 9700, section 2.1.1; RFC 6749, 4.1.2)."""
        grant = Grant.objects.select_for_update().select_related("user").filter(code=code, application=client).first()
        if grant is None or not grant.user.is_active:
            return False
        if grant.used_at is not None:
            RefreshToken.revoke_family(grant.family)
            return False
        if request.code_verifier and not grant.code_challenge:      # whoever took the challenge out is found out
            return False
        return bool(super().validate_code(client_id, code, client, request, *more, **named))

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *more: Any, **named: Any) -> None:  # noqa: ARG002  # the library's own signature
        """Keep that a code was used, and what came of it."""
        grant = Grant.objects.get(code=code, application=request.client)
        grant.used_at, grant.family = timezone.now(), request.family
        grant.save()

    # ------------------------------------------------------------------------------------ tokens

    def _create_refresh_token(self, request: Any, *more: Any) -> RefreshToken:
        made = cast("RefreshToken", super()._create_refresh_token(request, *more))
        request.family = made.token_family
        return made

    def _check_and_set_request_resource(self, request: Any) -> None:
        """There is one API: what `resource` (RFC 8707) would choose from is not offered."""
        request.resource = []

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Any, *more: Any, **named: Any) -> bool:
        """Whether a refresh token is good, and its account not banned. Of two uses at once one waits here for the other: the
        library would give the second one an empty token."""
        checksum = hashlib.sha256(refresh_token.encode()).hexdigest()
        list(RefreshToken.objects.select_for_update().filter(token_checksum=checksum).values_list("pk"))
        good = super().validate_refresh_token(refresh_token, client, request, *more, **named)
        return bool(good and request.user.is_active)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        """Whether an access token is good here, and its account not banned."""
        return bool(super().validate_bearer_token(token, scopes, request) and request.user.is_active)

    # ------------------------------------------------------------------------------------ identity

    def validate_silent_login(self, request: object) -> bool:  # noqa: ARG002  # the library's own signature
        """Judged before the library is asked: it knows no session."""
        return True

    def validate_silent_authorization(self, request: object) -> bool:  # noqa: ARG002  # the library's own signature
        """Judged before the library is asked."""
        return True

    def get_claim_dict(self, request: Any) -> dict[str, Any]:
        """Who the account is; each claim is told with its scope alone."""
        account: Account = request.user
        return {"sub": subject_of(account, request.client.pk), "preferred_username": account.username,
                "account_id": account.subject}

    def get_oidc_claims(self, token: Any, token_handler: Any, request: Any) -> dict[str, Any]:
        """The same, without those that are empty (OpenID Connect Core, section 5.3.2)."""
        return {name: value for name, value in super().get_oidc_claims(token, token_handler, request).items()
                if value is not None}

    def _get_client_by_audience(self, audience: str | list[str]) -> Client | None:
        return Client.objects.filter(pk__in=[audience] if isinstance(audience, str) else audience).first()


# -------------------------------------------------------------------------------------------- calls


class Wanted(msgspec.Struct, frozen=True):
    """A sign-in that an application asks for, found in order."""

    client: Client
    redirect_uri: str
    scopes: list[str]
    state: str | None
    credentials: dict[str, Any]


class Unanswerable(Exception):
    """A request that must not be answered to any address: nobody knows that it is the application's (RFC 6749, 4.1.2.1)."""


class Faulty(Exception):
    """A request that is told to the application what is wrong with it."""

    def __init__(self, redirect_uri: str, told: dict[str, str]) -> None:
        super().__init__(told)
        self.redirect_uri, self.told = redirect_uri, told


def read_wanted(request: HttpRequest) -> Wanted:
    """What the address of a request asks for; a form beside it says nothing. Raises `Unanswerable` or `Faulty`."""
    core = get_oauthlib_core()
    try:
        scopes, credentials = core.server.validate_authorization_request(
            core._get_escaped_full_path(request), http_method="GET", body="", headers={})  # noqa: SLF001  # what the library itself calls
    except FatalClientError as error:
        raise Unanswerable(error.description or error.error) from None
    except OAuth2Error as error:
        if not error.redirect_uri:              # the library does not say where to
            raise Unanswerable(error.description or error.error) from None
        raise Faulty(error.redirect_uri, explained(dict(error.twotuples))) from None
    except ValueError:                          # an address that cannot be read
        raise Unanswerable("invalid_request") from None
    wanted = Wanted(credentials["request"].client, credentials["redirect_uri"], list(scopes), credentials["state"], credentials)
    _check(wanted, prompts_of(request))
    return wanted


def prompts_of(request: HttpRequest) -> set[str]:
    """What an application wants of the pages (OpenID Connect Core, section 3.1.2.1), whether it asks for an identity or not."""
    return set(request.GET.get("prompt", "").split())


def _check(wanted: Wanted, prompts: set[str]) -> None:
    """What the library would only find out later, or not at all."""
    asked = wanted.credentials
    if set(asked["request"].duplicate_params) - {"resource"}:   # two programs may believe different ones of them
        raise _faulty(wanted, "Send each parameter once.")
    if asked["request"].response_mode not in (None, "", "query"):
        raise _faulty(wanted, "response_mode is query.")
    if "none" in prompts and len(prompts) > 1:
        raise _faulty(wanted, "prompt=none goes with no other value.")
    if "code_challenge" in asked and (asked["code_challenge_method"] != "S256" or not _CHALLENGE.fullmatch(asked["code_challenge"])):
        raise _faulty(wanted, "code_challenge is the S256 of a verifier, with code_challenge_method=S256.")
    if "code_challenge" not in asked and asked["request"].code_challenge_method is not None:    # where it may be left out, both are
        raise _faulty(wanted, "code_challenge_method goes with a code_challenge.")
    if any(len(text) > NONCE_MAX or not text.isprintable() for text in (asked.get("nonce") or "", asked.get("code_challenge", ""))):
        raise _faulty(wanted, f"nonce has at most {NONCE_MAX} characters.")
    if asked["response_type"] != "code":
        raise _faulty(wanted, "response_type is code.", "unsupported_response_type")


def _faulty(wanted: Wanted, description: str, error: str = "invalid_request") -> Faulty:
    told = {"error": error, "error_description": description}
    return Faulty(wanted.redirect_uri, told | ({"state": wanted.state} if wanted.state else {}))


def make_code(request: HttpRequest, wanted: Wanted, account: Account) -> str:
    """A new authorization code, good for a minute. Raises `Faulty`."""
    credentials = {**wanted.credentials, "user": account, "resource": []}
    credentials.pop("ui_locales", None)         # the library takes a text here, and gave us a list
    core = get_oauthlib_core()
    try:
        headers, _body, _status = core.server.create_authorization_response(
            core._get_escaped_full_path(request), http_method="GET", body="", headers={}, scopes=wanted.scopes,  # noqa: SLF001  # as above
            credentials=credentials)
    except OAuth2Error as error:
        raise Faulty(wanted.redirect_uri, explained(dict(error.twotuples))) from None
    return dict(parse_qsl(str(urlsplit(headers["Location"]).query)))["code"]


def issuer_of(request: HttpRequest) -> str:
    """Our own name as a provider: the public address (RFC 8414, section 2)."""
    return str(oauth2_settings.oidc_issuer(request))


def exchange(request: HttpRequest) -> tuple[dict[str, str], str, int]:
    """Headers, body and status of an answer of the token endpoint."""
    _location, headers, body, status = get_oauthlib_core().create_token_response(request)
    return headers, explained_body(body, status), status


def revoke(request: HttpRequest) -> tuple[dict[str, str], str, int]:
    """The same of the revocation endpoint."""
    _location, headers, body, status = get_oauthlib_core().create_revocation_response(request)
    return headers, explained_body(body, status), status


def tell_of(request: HttpRequest) -> tuple[dict[str, str], str, int]:
    """The same of the userinfo endpoint."""
    _location, headers, body, status = get_oauthlib_core().create_userinfo_response(request)
    return headers, body, status


def public_keys() -> dict[str, Any]:
    """What identity tokens are proven with (RFC 7517)."""
    key = Client().jwk_key
    return {"keys": [{"alg": "RS256", "use": "sig", "kid": key.thumbprint(), **msgspec.json.decode(key.export_public())}]}
