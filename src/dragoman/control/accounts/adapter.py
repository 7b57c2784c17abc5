"""Where allauth asks us: who may sign up, what a try counts against, what letters say."""

from __future__ import annotations

import base64
import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ..configuration import digester_of, ours
from ..published import publisher_name
from ..upstream import proving
from .models import Account
from .naming import free_name

_log = logging.getLogger("dragoman.room")
_UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104  # of a client behind a Unix socket; nothing is bound


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts of people who sign up here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth's own signature
        """Whether anybody may open an account."""
        return ours().room.sign_up

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, after trusted proxies were heard by the server below Django."""
        return str(request.META.get("REMOTE_ADDR") or _UNKNOWN_ADDRESS)

    def is_safe_url(self, url: str) -> bool:
        """Whether a visitor may be sent there after a form: to pages of this very host, not of all that we answer for."""
        return bool(url_has_allowed_host_and_scheme(url, allowed_hosts={self.request.get_host()}))

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """A name as it is kept: in lower case, since names that differ in case alone are taken for one another."""
        cleaned: str = super().clean_username(username.lower(), shallow)
        return cleaned

    def populate_username(self, request: HttpRequest, user: Account) -> None:  # noqa: ARG002  # allauth's own signature
        """Keep the name that was chosen here; make one of what another place calls the person."""
        user.username = free_name(user.username or user.email.partition("@")[0])

    def save_user(self, request: HttpRequest, user: Account, form: Any, commit: bool = True) -> Account:
        """Keep a new account; of two that ask for one name at once, the second chooses again."""
        try:
            kept: Account = super().save_user(request, user, form, commit=False)    # hashes for long, and locks nothing
            if commit:
                with transaction.atomic():
                    kept.save()
        except IntegrityError:
            messages.error(request, _("This name was taken a moment ago: choose another one."))
            raise ImmediateHttpResponse(redirect("account_signup")) from None
        return kept

    def respond_user_inactive(self, request: HttpRequest, user: Account) -> HttpResponse:
        """What somebody who has proven to be a banned account is told."""
        return render(request, "account/account_inactive.html", {"reason": user.ban_reason}, status=403)

    # ------------------------------------------------------------------------------- limits of tries

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try; what is past the limits is marked, so that its answer is 429."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            request.tried_too_often = True  # type: ignore[attr-defined]  # read by `tell_limits`
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002  # allauth's own
        """One count an account, whichever of its names is tried."""
        login = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
        known = (Account.objects.filter(username=login).first()
                 or Account.objects.filter(emailaddress__email=login, emailaddress__verified=True).first())
        return f"account:{known.pk}" if known else f"login:{login}"

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A password reset forgives nothing: allauth would clear the count of the address with that of the account."""

    # ------------------------------------------------------------------------------- proving oneself once more

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """How an account proves itself: by what it has here, else where it comes from."""
        own: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return own or [{"id": f"upstream:{way.name}", "description": way.title, "url": way.address} for way in self._ways(user)]

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Whether a proof may be wanted. Whoever has nothing here to prove themselves with counts as proven with allauth: those
        who come from elsewhere do it there. A one-time link alone proves its account for as long as the session."""
        required = bool(super().is_reauthentication_required(app=app, **more))
        if required and self._ways(self.request.user) and not proving.is_recent(self.request):
            raise ReauthenticationRequired
        return required

    def _ways(self, user: Any) -> list[proving.Way]:
        return proving.ways(user) if isinstance(user, Account) and not get_reauthentication_flows(user) else []

    # ------------------------------------------------------------------------------- letters

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write a letter in the language of its account, with addresses that no header of a stranger has chosen."""
        known = context.get("user") or Account.objects.filter(emailaddress__email=email, emailaddress__verified=True).first()
        language = (known.language if isinstance(known, Account) else "") or translation.get_language()
        told = {name: self._public(value) for name, value in context.items()}
        name, host = publisher_name(ours()), urlsplit(self._public(self.request.build_absolute_uri("/"))).netloc
        told |= {"publisher": name, "current_site": {"name": name, "domain": host}}
        try:
            with translation.override(language):
                super().send_mail(template_prefix, email, told)
        except OSError as error:                # that of SMTP too
            _log.warning("A letter (%s) could not be sent: %s", template_prefix, error)
            raise ImmediateHttpResponse(render(self.request, "accounts/letter_unsent.html", status=503)) from error

    def send_notification_mail(self, *arguments: Any, **options: Any) -> None:
        """Tell of what was done; it stays done where the letter cannot be sent."""
        try:
            super().send_notification_mail(*arguments, **options)
        except ImmediateHttpResponse:           # logged above
            messages.warning(self.request, _("The letter about this could not be sent."))

    def format_email_subject(self, subject: str) -> str:
        """A letter bears the publisher's name first."""
        return f"{publisher_name(ours())}: {subject}"

    def _public(self, value: Any) -> Any:
        """An address of the Room, at the public address where one is set."""
        own = self.request.build_absolute_uri("/")
        base = ours().base_url + "/"
        return base + value[len(own):] if ours().base_url and isinstance(value, str) and value.startswith(own) else value


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Second factors and passkeys."""

    def get_totp_issuer(self) -> str:
        """What an authenticator shows beside its numbers."""
        return publisher_name(ours())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Whom a passkey is made for."""
        return {**super().get_public_key_credential_rp_entity(), "name": publisher_name(ours())}

    def encrypt(self, text: str) -> str:
        """Secrets that must be read again lie encrypted: the database alone gives no second factor."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(digester_of(ours()).derive("second factors")[:32]))
