"""Speaking with a provider: what it may answer, and how much of it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jwt
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse
from requests import RequestException, Timeout

from ..configuration import ours

_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures that only the provider can make; a key that both know is none."""


class Misunderstood(OAuth2Error):  # type: ignore[misc]  # allauth ships no types
    """The provider answered what it must not, or nothing in time."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        self.late = late
        super().__init__(reason)


@contextmanager
def understanding() -> Iterator[None]:
    """Tell whatever an answer of the provider breaks as `Misunderstood`."""
    try:
        yield
    except Misunderstood:
        raise
    except Timeout as error:
        raise Misunderstood("no answer in time", late=True) from error
    except (OAuth2Error, RequestException, jwt.PyJWTError, ImproperlyConfigured, LookupError, TypeError, ValueError,
            AttributeError) as error:
        raise Misunderstood(f"{type(error).__name__}: {error}"[:500]) from error


class Speaker(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth ships no types
    """The client of one provider, in one request."""

    _config: Mapping[str, Any] | None = None

    @property
    def openid_config(self) -> Mapping[str, Any]:
        """The provider's addresses: discovered under its issuer, or those of the settings. Raises `Misunderstood`."""
        if self._config is None:
            known = self.get_provider().app.settings
            self._config = self._discover(known["issuer"]) if known["issuer"] else known["addresses"]
        return self._config

    def _discover(self, issuer: str) -> Mapping[str, Any]:
        with understanding():
            found = self._fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
            if str(found["issuer"]).rstrip("/") != issuer.rstrip("/"):
                raise Misunderstood(f"it calls itself {found['issuer']!r}, and is called {issuer!r} here")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not str(found[name]).startswith(("https://", "http://")):
                    raise Misunderstood(f"its {name} is no address")
            return found

    def _fetch(self, address: str, **headers: str) -> dict[str, Any]:
        from allauth.socialaccount.adapter import get_adapter

        with get_adapter().get_requests_session() as session:
            response = session.get(address, headers=headers)
            response.raise_for_status()
            found = response.json()
        if not isinstance(found, dict):
            raise Misunderstood("it answered no JSON object")
        return found

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:  # noqa: ARG002  # allauth's own signature
        """Where the provider sends people back to: below the public address where one is set."""
        path = reverse("upstream_callback", kwargs={"provider_id": self.provider_id})
        return ours().base_url + path if ours().base_url else request.build_absolute_uri(path)

    def get_access_token_data(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Exchange the code. Raises `Misunderstood`."""
        with understanding():
            given: dict[str, Any] = super().get_access_token_data(*arguments, **options)
        return given

    def parse_token(self, data: Any) -> Any:
        """Raises `Misunderstood`."""
        with understanding():
            if not isinstance(data["access_token"], str):
                raise Misunderstood("its access token is no text")
            return super().parse_token({"access_token": data["access_token"]})

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who it is, proven. Raises `Misunderstood`."""
        with understanding():
            claims = self._claims(app, token.token, kwargs["response"].get("id_token"))
            return self.get_provider().sociallogin_from_response(request, claims)

    def _claims(self, app: Any, access_token: str, id_token: Any) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {access_token}"}
        if not app.settings["issuer"]:
            return self._fetch(self.openid_config["userinfo_endpoint"], **bearer)
        proven = self._prove(app, id_token)
        if "userinfo_endpoint" not in self.openid_config:
            return proven
        told = self._fetch(self.openid_config["userinfo_endpoint"], **bearer)
        if told.get("sub") != proven["sub"]:
            raise Misunderstood("its profile is of somebody else than its token")
        return {**proven, **told}

    def _prove(self, app: Any, id_token: Any) -> dict[str, Any]:
        """The claims of an id token that the provider has signed for us."""
        if not isinstance(id_token, str) or jwt.get_unverified_header(id_token).get("alg") not in _ALGORITHMS:
            raise Misunderstood("it gave no id token with a signature of its own")
        proven: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token, keys_url=self.openid_config["jwks_uri"], issuer=self.openid_config["issuer"],
            audience=app.client_id, lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return proven
