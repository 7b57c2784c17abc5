"""The applications signed in to, as a part of the page of sessions."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from ..provider import scope_texts
from ..services import signed_in

register = template.Library()


@register.inclusion_tag("grants/applications.html", takes_context=True)
def applications_signed_in(context: RequestContext) -> dict[str, Any]:
    """What acts for the account of the page, and the way to end it."""
    texts = scope_texts()
    found = [{"application": each.application, "since": each.since, "used_at": each.used_at,
              "allowed": [texts.get(scope, scope) for scope in each.scopes]}
             for each in signed_in(context["request"].user)]
    return {"found": found, "request": context["request"], "csrf_token": context.get("csrf_token")}
