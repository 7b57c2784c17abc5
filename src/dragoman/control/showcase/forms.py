"""The form by which an owner offers an application."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ..changing import Change
from .services import LINK_MAX, TEXT_MAX


class OfferForm(Change):
    """Text, link, picture, and the consent."""

    text = forms.CharField(label=_("Text"), max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 4}),
                           help_text=_("What it is for, in a few sentences."))
    link = forms.CharField(label=_("Its page"), max_length=LINK_MAX, widget=forms.URLInput(attrs={"placeholder": "https://example.org/"}))
    picture = forms.FileField(
        label=_("Picture"), required=False, widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 512 kB; as it is sent it is shown, so leave out what it tells of places."))
    consent = forms.BooleanField(label=_(
        "I agree that this is shown to everybody, under the name of the application. I can take it back at any time."))
