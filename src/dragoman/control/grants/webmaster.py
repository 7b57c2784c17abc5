"""Where clients of the webmaster interface sign people in (W3): by the same rules, but they know no PKCE, and a grant by another name."""

from __future__ import annotations

from django.http import HttpRequest

AUTHORIZE, TOKEN = ("auth", "auth/"), ("auth/token", "auth/token/")
"""The addresses of each of the two, below the root."""
_GRANTS = {"authorizationCode": "authorization_code"}
"""What a client in use says, and what it means."""


def is_asked(uri: str) -> bool:
    """Whether a request, by its path and perhaps a query, goes to one of these addresses."""
    return uri.partition("?")[0].removeprefix("/") in (*AUTHORIZE, *TOKEN)


def read_grant(request: HttpRequest) -> None:
    """Put the usual name of a grant in the place of the one that these clients have for it."""
    given = request.POST.getlist("grant_type")
    if len(given) == 1 and given[0] in _GRANTS:
        fields = request.POST.copy()
        fields["grant_type"] = _GRANTS[given[0]]
        request.POST = fields  # type: ignore[assignment]  # its own stubs want one that nobody changes
