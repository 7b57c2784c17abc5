"""Where allauth asks us about people from elsewhere."""

from __future__ import annotations

import logging
import time
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from ..accounts.models import Account
from ..accounts.naming import free_name
from . import identities, proving
from .speaking import Misunderstood

_log = logging.getLogger("dragoman.room")
_ANSWER_MAX_BYTES = 1_048_576
_ANSWER_TIMEOUT_S = 10.0
_CONNECT_TIMEOUT_S = 5.0
_STATUSES = {"subject": 409, "other": 403, "address": 409, "denied": 403, "stale": 400, "late": 504, "nonsense": 502}


class UpstreamAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts of people who come from the publisher's own sign-in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002  # allauth's own
        """Whoever has an account there may have one here."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Decide which account is reached, or whether it is the one who is here."""
        if sociallogin.state.get("process") == proving.PROCESS:
            raise ImmediateHttpResponse(proving.accept(request, sociallogin) or refusal(request, sociallogin.provider, "other"))
        connecting = sociallogin.state.get("process") == AuthProcess.CONNECT
        visitor = request.user if connecting and isinstance(request.user, Account) else None
        try:
            account = identities.judge(sociallogin, visitor)
            if account is not None:
                sociallogin.connect(request, account)
        except identities.IdentityRefused as refused:
            raise ImmediateHttpResponse(refusal(request, sociallogin.provider, refused.why)) from refused

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Account:
        """Open the account of somebody who is here for the first time."""
        account: Account = sociallogin.user
        account.subject = sociallogin.account.extra_data["subject"]
        account.language = (translation.get_language() or "").partition("-")[0]
        try:
            with transaction.atomic():
                kept: Account = super().save_user(request, sociallogin, form)
        except IntegrityError:                  # the same person in two windows: the other one was faster
            raise ImmediateHttpResponse(refusal(request, sociallogin.provider, "stale")) from None
        return kept

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Account:
        """What the new account is called: as there, or like it."""
        account: Account = super().populate_user(request, sociallogin, data)
        account.username = free_name(account.username)
        return account

    def get_requests_session(self) -> requests.Session:
        """What speaks with providers."""
        return Session()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None,
    ) -> None:
        """A clear page for whatever went wrong, and a line in the log for the operator."""
        why = _why(error, exception, extra_context or {})
        if exception is not None:
            _log.warning("Sign-in by %s failed: %s", provider.app.provider_id, exception)
        raise ImmediateHttpResponse(refusal(request, provider, why))


def _why(error: Any, exception: Any, context: dict[str, Any]) -> str:
    if exception is not None:
        return "late" if isinstance(exception, Misunderstood) and exception.late else "nonsense"
    if error == AuthError.CANCELLED or context.get("state") is not None:
        return "denied"
    return "stale"


def refusal(request: HttpRequest, provider: Any, why: str) -> HttpResponse:
    """The page that says why somebody from elsewhere is not signed in."""
    return render(request, "upstream/refused.html", {"why": why, "provider": provider}, status=_STATUSES[why])


class Session(requests.Session):
    """Asks as little of a provider as it needs: no redirects, and an answer of bounded size within a bounded time."""

    def request(self, method: str, url: str | bytes, *arguments: Any, **options: Any) -> requests.Response:
        """Raises `requests.RequestException`."""
        options |= {"stream": True, "allow_redirects": False, "timeout": _CONNECT_TIMEOUT_S}
        ends = time.monotonic() + _ANSWER_TIMEOUT_S
        with super().request(method, url, *arguments, **options) as response:
            content = b""
            for chunk in response.iter_content(65_536):
                content += chunk
                if len(content) > _ANSWER_MAX_BYTES:
                    raise requests.exceptions.InvalidJSONError("the answer is too long")
                if time.monotonic() > ends:
                    raise requests.exceptions.ReadTimeout("the answer takes too long")
            response._content = content  # noqa: SLF001  # requests offers no bounded way to read a body
        return response
