"""Where allauth asks us: who may sign up, who comes from elsewhere and whose data are theirs."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from ..configuration import ours


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts of people who sign up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's own signature
        """Whether anybody may open an account."""
        return ours().room.sign_up

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, after trusted proxies were heard by the server below Django."""
        return str(request.META["REMOTE_ADDR"])


class UpstreamAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts of people who come from the publisher's own sign-in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  # allauth's own
        """Whoever has an account there may have one here."""
        return True


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Second factors and passkeys."""

    def get_totp_issuer(self) -> str:
        """What an authenticator shows beside its numbers."""
        return ours().room.publisher or "Dragoman"
