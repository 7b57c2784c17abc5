"""What applications ask by themselves: tokens, their end, who somebody is, and the documents about all of it.

No cookie counts here, so any page may call them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from ..holding import hold
from . import provider, webmaster

View = Callable[[HttpRequest], HttpResponse]
Answer = tuple[dict[str, str], str, int]
_DOCUMENT_MAX_AGE_S = 3_600
_GRANTS = ("authorization_code", "refresh_token")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _open(*verbs: str) -> Callable[[View], View]:
    """Let pages of other origins ask, in these ways and no other."""
    headers = {
        "Allow": ", ".join([*verbs, "OPTIONS"]), "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": ", ".join(verbs),
        "Access-Control-Allow-Headers": "Authorization, Content-Type", "Cross-Origin-Resource-Policy": "cross-origin",
    }

    def dress(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if request.method == "OPTIONS":
                response = HttpResponse(status=HTTPStatus.NO_CONTENT)
            elif request.method not in verbs:
                response = HttpResponse("{}", status=HTTPStatus.METHOD_NOT_ALLOWED, content_type="application/json")
            else:
                response = view(request)
            for name, value in headers.items():
                response.headers[name] = value
            return response
        return answer
    return dress


def _respond(answer: Answer) -> HttpResponse:
    headers, body, status = answer
    return HttpResponse(body or "", status=status, headers={"Content-Type": "application/json", **headers, "Cache-Control": "no-store"})


@_open("POST")
def token(request: HttpRequest) -> HttpResponse:
    """The token endpoint (RFC 6749, section 3.2): a code or a refresh token for tokens."""
    return _exchange(request)


@_open("POST")
def webmaster_token(request: HttpRequest) -> HttpResponse:
    """The same as clients of the webmaster interface know it (W3)."""
    webmaster.read_grant(request)
    return _exchange(request)


def _exchange(request: HttpRequest) -> HttpResponse:
    if request.GET:
        return _refuse("Send the parameters in the body.")
    if request.content_type not in _FORMS and request.body:
        return _refuse(f"Send a form: Content-Type: {_FORMS[0]}.")
    twice = [name for name, values in request.POST.lists() if len(values) > 1 and name != "resource"]
    if twice:                                   # of two programs on the way each might believe another one (RFC 6749, section 3.2)
        return _refuse("Send each parameter once.")
    grant = request.POST.get("grant_type")
    if grant not in _GRANTS:
        return _refuse(f"grant_type is one of: {', '.join(_GRANTS)}.", "unsupported_grant_type" if grant else "invalid_request")
    with transaction.atomic():                  # of two uses of one code at once, one waits for the other
        answer = provider.exchange(request)
    return hold(_respond(answer))


@_open("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """The revocation endpoint (RFC 7009): an application ends a token of its own, and what came of the same sign-in."""
    with transaction.atomic():
        return _respond(provider.revoke(request))


@_open("GET", "POST")
def userinfo(request: HttpRequest) -> HttpResponse:
    """Who an access token stands for (OpenID Connect Core, section 5.3)."""
    if "access_token" in request.GET or "access_token" in request.POST:
        return _refuse("Send the token in the header Authorization.")
    return _respond(provider.tell_of(request))


def _refuse(description: str, error: str = "invalid_request") -> HttpResponse:
    return JsonResponse({"error": error, "error_description": description}, status=HTTPStatus.BAD_REQUEST,
                        headers={"Cache-Control": "no-store"})


# -------------------------------------------------------------------------------------------- documents


@_open("GET", "HEAD")
def describe(request: HttpRequest) -> HttpResponse:
    """What this provider is and where (RFC 8414, and OpenID Connect Discovery, section 3): one document under two names."""
    issuer = provider.issuer_of(request)
    return _document({
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize", "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke", "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": list(provider.scope_texts()),
        "response_types_supported": ["code"], "response_modes_supported": ["query"],
        "grant_types_supported": list(_GRANTS),
        "code_challenge_methods_supported": ["S256"],
        **{f"{endpoint}_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"]
           for endpoint in ("token", "revocation")},
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "preferred_username", "account_id"],
        "prompt_values_supported": ["none", "login", "consent"],
        "claims_parameter_supported": False, "request_parameter_supported": False, "request_uri_parameter_supported": False,
        "ui_locales_supported": ["en", "ru"],
    })


@_open("GET", "HEAD")
def keys(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # Django's own signature
    """What identity tokens are proven with (RFC 7517)."""
    return _document(provider.public_keys())


def _document(told: dict[str, Any]) -> HttpResponse:
    return JsonResponse(told, headers={"Cache-Control": f"public, max-age={_DOCUMENT_MAX_AGE_S}"})
