"""One kind of provider for allauth: its settings say whether it speaks OpenID Connect or OAuth 2 alone."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import Provider
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider, OpenIDConnectProviderAccount
from django.http import HttpRequest

from ..accounts.services import SUBJECT_MAX
from .proving import PROCESS
from .speaking import Speaker

_KEPT = ("name", "preferred_username", "nickname", "email")
"""What is kept of somebody's profile elsewhere: enough to tell one's connections apart."""


class UpstreamAccount(OpenIDConnectProviderAccount):  # type: ignore[misc]  # allauth ships no types
    """Somebody's account at the provider."""

    def get_user_data(self) -> dict[str, Any]:
        """What was kept of the profile."""
        return dict(self.account.extra_data)


class Upstream(OpenIDConnectProvider):  # type: ignore[misc]  # allauth ships no types
    """A place whose accounts may sign in here. Claims reach it proven, as one mapping of names to texts."""

    id = "upstream"
    account_class = UpstreamAccount
    oauth2_adapter_class = Speaker
    pkce_enabled_default = True
    supports_token_authentication = False

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Where to come back to; a visitor's address adds neither scopes nor parameters to what the provider is asked."""
        asked: dict[str, Any] = Provider.get_redirect_from_request_kwargs(self, request)
        if request.resolver_match is not None and request.resolver_match.url_name == "upstream_prove":
            asked |= {"process": PROCESS, "auth_params": {**self.get_auth_params(), "prompt": "login"}}
        return asked

    def serialize(self) -> dict[str, Any]:
        """By its own name: two providers may know us by the same client id."""
        return {**super().serialize(), "id": self.app.provider_id}

    def get_default_scope(self) -> list[str]:
        """Those of the settings."""
        return list(self.app.settings["scope"])

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Who it is there: `sub` of OpenID Connect, else what is the subject."""
        return _text(data["sub"] if self.app.settings["issuer"] else data[self.app.settings["subject"]])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept, with the subject."""
        kept = {name: data[name] for name in _KEPT if isinstance(data.get(name), str)}
        return {**kept, "subject": _text(data[self.app.settings["subject"]])}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """What the account here is called, to begin with."""
        names = (data.get(name) for name in ("preferred_username", "nickname", "login", "username", "name"))
        return {"username": next((name for name in names if isinstance(name, str) and name), "")}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, if it was proven there; any other says nothing of who this is."""
        email = data.get("email")
        if not isinstance(email, str) or data.get("email_verified") is not True:
            return []
        return [EmailAddress(email=email.lower(), verified=True, primary=True)]


def _text(value: Any) -> str:
    """An id as a text. Raises `ValueError` for what is none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.strip() or len(text) > SUBJECT_MAX or not text.isprintable():
        raise ValueError(f"{type(value).__name__} of {len(text)} characters is no id of an account")
    return text


provider_classes = [Upstream]
