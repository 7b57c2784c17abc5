"""The form of a key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..changing import Change
from ..wording import NAME_MAX
from . import permissions as allowed

DAYS = (30, 90, 365)


class KeyForm(Change):
    """A name, permissions, and for how long."""

    name = forms.CharField(label=_("Name"), max_length=NAME_MAX, help_text=_("What you will know it by in the list."),
                           widget=forms.TextInput(attrs={"autocomplete": "off"}))
    permissions = forms.MultipleChoiceField(label=_("Permissions"), widget=forms.CheckboxSelectMultiple, error_messages={
        "required": _("Choose at least one permission.")})
    days = forms.TypedChoiceField(label=_("Good for"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial or {"permissions": [allowed.PERMISSION_DEFAULT]})
        self.fields["days"].choices = [  # type: ignore[attr-defined]  # as below; counted words are translated when they are asked for
            ("", _("until it is revoked")),
            *((days, ngettext("%(days)s day", "%(days)s days", days) % {"days": days}) for days in DAYS),
        ]
        known = allowed.known()
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]  # a choice field has them
            (name, f"{name}: {words}") for name, words in known.items()]
