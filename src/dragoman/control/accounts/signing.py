"""The form of signing in. It has a module of its own, since allauth's forms read ours before they are whole."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """A name or an address, and a password."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        login = self.fields["login"]
        login.label, login.max_length = _("Name or e-mail address"), 254
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        self.fields["remember"].label = _("Stay signed in on this device")
