"""Forms of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Account, Terms


class SignUpForm(forms.Form):
    """What signing up asks for beyond name, address and password: the terms of use (L21)."""

    terms = forms.BooleanField(label=_("I accept the terms of use"), required=True)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not Terms.objects.exists():
            del self.fields["terms"]

    def signup(self, request: Any, user: Account) -> None:  # noqa: ARG002  # allauth's own signature
        """Keep what was agreed to."""
        user.terms = Terms.objects.first()
        user.save()
