"""Forms of operators, and of those who ask them for something."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ..accounts.terms import TEXT_MAX
from ..announcements.models import TEXT_MAX as ANNOUNCED_MAX
from ..announcements.models import TITLE_MAX, Kind
from ..changing import Change
from ..wording import REASON_MAX
from .models import LIMIT_MAX

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class LimitsForm(Change):
    """How much an application may ask."""

    rate = forms.CharField(label=_("Rate"), required=False, max_length=LIMIT_MAX, widget=forms.TextInput(attrs=_PLAIN),
                           help_text=_("Such as 50/s or 5/s burst 300; nothing for the usual one."))
    quota = forms.CharField(label=_("Quota"), required=False, max_length=LIMIT_MAX, widget=forms.TextInput(attrs=_PLAIN),
                            help_text=_("Such as 1000000/d; nothing for the usual one."))


class AskForm(LimitsForm):
    """The same, asked for."""

    reason = forms.CharField(label=_("What it is for"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 4}))


class AnnouncementForm(Change):
    """Something to announce, in one or both languages."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    title_en = forms.CharField(label=_("Title (English)"), required=False, max_length=TITLE_MAX)
    text_en = forms.CharField(label=_("Text (English)"), required=False, max_length=ANNOUNCED_MAX, widget=forms.Textarea(attrs={"rows": 6}),
                              help_text=_("Paragraphs, headings that begin with #, lists of lines that begin with -."))
    title_ru = forms.CharField(label=_("Title (Russian)"), required=False, max_length=TITLE_MAX)
    text_ru = forms.CharField(label=_("Text (Russian)"), required=False, max_length=ANNOUNCED_MAX, widget=forms.Textarea(attrs={"rows": 6}))
    from_at = forms.DateTimeField(label=_("From (UTC)"), required=False, help_text=_("Such as 2027-01-31 09:00; nothing for now."))


class TermsForm(Change):
    """New terms of use."""

    text = forms.CharField(label=_("Text"), max_length=TEXT_MAX, strip=False, widget=forms.Textarea(attrs={"rows": 20}),
                           help_text=_("Parted by empty lines: paragraphs, headings that begin with #, lists of lines that begin with -."))
