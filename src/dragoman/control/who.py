"""Who asks for a page."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from .accounts.models import Account


def account_of(request: HttpRequest) -> Account:
    """The account that is signed in; views that use it are behind `login_required`."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user
