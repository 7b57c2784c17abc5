"""Terms of use: published by an operator, read by anybody, accepted by every account (L21)."""

from __future__ import annotations

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ...errors import SettingsError
from .models import Account, Terms

TEXT_MAX = 200_000


def publish(text: str) -> Terms:
    """Put terms in force; every account is asked to accept them. Raises `SettingsError`."""
    plain = text.replace("\r\n", "\n").strip()
    if not plain or len(plain) > TEXT_MAX or "\0" in plain:
        raise SettingsError(_("Terms of use are a text of 1 to %(limit)s characters.") % {"limit": TEXT_MAX})
    newest = current()
    if newest is not None and newest.text == plain:
        raise SettingsError(_("These terms of use are in force already: nothing has changed."))
    return Terms.objects.create(text=plain)


def current() -> Terms | None:
    """The terms in force; None where the publisher has none."""
    return Terms.objects.first()


def accept(account: Account, shown: str) -> bool:
    """Keep that an account has agreed to the terms that it was shown; False where others are in force by now."""
    newest = current()
    if newest is None or str(newest.pk) != shown:
        return False
    account.terms = newest
    account.save()
    return True


def render(text: str) -> SafeString:
    """The text as HTML: nothing in it but paragraphs, headings and lists."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()]
    return mark_safe("\n".join(map(_render_block, blocks)))  # noqa: S308  # each block is escaped below


def _render_block(block: str) -> SafeString:
    lines = block.splitlines()
    heading = re.match(r"(#{1,3})\s+(.+)", lines[0])
    if heading and len(lines) == 1:
        level = len(heading[1]) + 1             # the page has the first
        return format_html("<h{}>{}</h{}>", level, heading[2], level)
    if all(line.lstrip().startswith(("- ", "* ")) for line in lines):
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ([line.lstrip()[2:]] for line in lines)))
    return format_html("<p>{}</p>", format_html_join(mark_safe("<br>"), "{}", ([line] for line in lines)))
