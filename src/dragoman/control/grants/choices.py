"""How django-oauth-toolkit is set: every switch of RFC 9700 on, and nothing offered that OAuth 2.1 has left behind."""

from __future__ import annotations

from typing import Any

from ...settings import Settings

_HERE = "dragoman.control.grants"
_CODE_S = 60
_SWITCHES = (
    "IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "TOKEN_STORAGE",
    "REFRESH_TOKEN", "REDIRECT_URI_SCHEME", "REDIRECT_URI_MATCHING", "PKCE_REQUIRED",
)
REFRESH_S = 60 * 86_400
"""For how long an application that does not come back may stay away after its access token has ended."""


def choices_of(settings: Settings) -> dict[str, Any]:
    """The library's part of Django's settings."""
    return {
        **{f"OAUTH2_PROVIDER_{name}_MODEL": f"grants.{model}" for name, model in (
            ("APPLICATION", "Client"), ("GRANT", "Grant"), ("ACCESS_TOKEN", "AccessToken"),
            ("REFRESH_TOKEN", "RefreshToken"), ("ID_TOKEN", "IDToken"),
        )},
        "OAUTH2_PROVIDER": {
            **{f"COMPLIANT_BCP_RFC9700_{switch}": True for switch in _SWITCHES},
            "OAUTH2_VALIDATOR_CLASS": f"{_HERE}.provider.Validator",
            "SCOPES_BACKEND_CLASS": f"{_HERE}.provider.Scopes",
            "ACCESS_TOKEN_GENERATOR": f"{_HERE}.provider.make_access_token",
            "REFRESH_TOKEN_GENERATOR": f"{_HERE}.provider.make_refresh_token",
            "AUTHORIZATION_CODE_EXPIRE_SECONDS": _CODE_S,
            "ACCESS_TOKEN_EXPIRE_SECONDS": settings.room.token_max_s,
            "REFRESH_TOKEN_EXPIRE_SECONDS": REFRESH_S,
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "ROTATE_REFRESH_TOKEN": True,
            "PKCE_REQUIRED": True,
            "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": settings.base_url,
        },
    }
