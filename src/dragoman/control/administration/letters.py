"""Letters to people whose request an operator has answered."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from ..accounts.models import Account


def tell_answer(request: HttpRequest, account: Account, about: str, *, granted: bool, answer: str, path: str) -> None:
    """Tell somebody what came of a request, where they have an address; what was decided stands without the letter."""
    if account.email:
        facts = {"about": about, "granted": granted, "answer": answer, "link": request.build_absolute_uri(path)}
        get_adapter(request).send_notification_mail("administration/email/answered", account, facts, email=account.email)
