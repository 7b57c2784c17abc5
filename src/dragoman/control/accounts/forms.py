"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import translation
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from . import terms
from .models import USERNAME_MAX, Account


def _terms_label() -> SafeString:
    return format_html(gettext('I accept the <a href="{}" target="_blank">terms of use</a>'), "/room/terms/")


class SignUpForm(forms.Form):
    """What signing up asks for beyond name, address and password: the terms of use (L21)."""

    field_order = ("username", "email", "password1", "password2", "terms", "terms_shown")
    terms = forms.BooleanField(label=lazy(_terms_label, str)(), required=True)
    terms_shown = forms.CharField(widget=forms.HiddenInput, required=False)
    """Those that the visitor could read: others may have come into force since."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        newest = terms.current()
        if newest is None:
            del self.fields["terms"], self.fields["terms_shown"]
        else:
            self.fields["terms_shown"].initial = str(newest.pk)

    def clean(self) -> dict[str, Any]:
        """Refuse a consent to terms that are not in force any more."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        newest = terms.current()
        if newest is not None and cleaned.get("terms") and cleaned.get("terms_shown") != str(newest.pk):
            self.data = {**dict(self.data.items()), "terms_shown": str(newest.pk), "terms": ""}
            self.add_error("terms", _("The terms of use have changed meanwhile: read them, then accept them."))
        return cleaned

    def signup(self, request: Any, user: Account) -> None:  # noqa: ARG002  # allauth's own signature
        """Keep what was agreed to, and in which language the account is written to."""
        user.language = (translation.get_language() or "").partition("-")[0]
        if "terms" in self.fields:
            user.terms = terms.current()
        user.save()


class ProfileForm(forms.Form):
    """An account's name and language."""

    username = forms.CharField(label=_("Name"), max_length=USERNAME_MAX,
                               help_text=_("You sign in by it, and others see it beside what you own."))
    language = forms.ChoiceField(label=_("Language of pages and letters"), required=False)
    announcements = forms.BooleanField(label=_("Write to me when something is announced"), required=False)

    def __init__(self, *arguments: Any, languages: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["language"].choices = [("", _("That of the browser")), *languages]  # type: ignore[attr-defined]  # a choice


class DeletionForm(forms.Form):
    """What must be said to delete an account."""

    username = forms.CharField(label=_("Your name, to confirm"), max_length=USERNAME_MAX)
    applications = forms.BooleanField(label=_("Delete the applications that I own, too"), required=True)

    def __init__(self, *arguments: Any, account: Account, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._account = account
        if not account.applications.exists():
            del self.fields["applications"]

    def clean_username(self) -> str:
        """The name as it is written."""
        name: str = self.cleaned_data["username"]
        if name.strip().lower() != self._account.username:
            raise forms.ValidationError(_("This is not your name here."))
        return name
