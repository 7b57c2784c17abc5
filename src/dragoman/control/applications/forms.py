"""Forms of applications."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from ..changing import Change, Lines
from ..configuration import ours
from ..published import published
from ..wording import NAME_MAX
from .models import ADDRESSEE_MAX, Application, Role, Type
from .pinning import named, versions_of
from .roles import Act

_MEMBERS = [(role.value, role.label) for role in Role if role != Role.OWNER]


def _name() -> forms.CharField:
    return forms.CharField(label=_("Name"), max_length=NAME_MAX, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class AddForm(Change):
    """A new application."""

    name = _name()
    type = forms.ChoiceField(label=_("Type"), choices=Type.choices, widget=forms.RadioSelect, initial=Type.STANDALONE)
    addresses = Lines(3, label=_("Addresses that it calls from"),
                      help_text=_("For a server application: one address or network a line, such as 192.0.2.7 or 2001:db8::/48."))


class OfApplication(Change):
    """A form on the page of an application: what it is for, and what one must be allowed to do to send it."""

    act: ClassVar[Act]
    prefix_of_ids: ClassVar[str]

    def __init__(self, data: object = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id=f"{self.prefix_of_ids}-%s")  # type: ignore[arg-type]  # a query dict


class NameForm(OfApplication):
    """Another name."""

    act, prefix_of_ids = Act.RENAME, "name"
    name = _name()


class AddressesForm(OfApplication):
    """Where a server application calls from (L5)."""

    act, prefix_of_ids = Act.ADDRESSES, "addresses"
    addresses = Lines(5, label=_("Addresses and networks"))

    def __init__(self, data: object = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial)
        self.fields["addresses"].help_text = _("One a line, at most %(limit)s: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48.") % {
            "limit": ours().room.addresses_max}


class RedirectsForm(OfApplication):
    """Where browsers may be sent after a sign-in."""

    act, prefix_of_ids = Act.REDIRECTS, "redirects"
    redirects = Lines(4, label=_("Redirect addresses"), help_text=_(
        "One a line, each exactly as it will be asked for: https://example.org/signed-in. "
        "On your own machine also http://127.0.0.1:3000/signed-in."))


class VersionForm(OfApplication):
    """The version of the schema that it is answered in where a call names none."""

    act, prefix_of_ids = Act.VERSION, "version"
    version = forms.ChoiceField(label=_("Version"), required=False)

    def __init__(self, data: object = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial)
        known = versions_of(published().catalogs)
        own = str((initial or {}).get("version") or "")
        shown = [*known, *([own] if own and own not in known else [])]
        self.fields["version"].choices = [  # type: ignore[attr-defined]  # it is a choice
            ("", _("none: the earliest that is supported")), *((each, named(each, published().catalogs)) for each in shown)]


class InviteForm(OfApplication):
    """Somebody else who is to work on it."""

    act, prefix_of_ids = Act.MEMBERS, "invite"
    addressee = forms.CharField(label=_("Account name or e-mail address"), max_length=ADDRESSEE_MAX,
                                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    role = forms.ChoiceField(label=_("Role"), choices=_MEMBERS, initial=Role.VIEWER)


class TransferForm(Change):
    """Who is to own it."""

    addressee = forms.CharField(label=_("Account name or e-mail address of the new owner"), max_length=ADDRESSEE_MAX,
                                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))


class DeleteForm(Change):
    """The name, typed, so that nothing is deleted by a slip."""

    typed = forms.CharField(label=_("Name of the application"), max_length=2 * NAME_MAX,
                            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))


def initial_of(form: type[OfApplication], application: Application) -> dict[str, object]:
    """What stands in a form before anything is written."""
    return {NameForm: {"name": application.name}, AddressesForm: {"addresses": application.addresses},
            RedirectsForm: {"redirects": application.redirect_addresses}, VersionForm: {"version": application.version}}.get(form, {})
