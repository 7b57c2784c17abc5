"""What an application may do about an error that the library names and does not explain."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

_REMEDIES = {
    "invalid_grant": "The code or token was used, has expired or was ended, or client_id, redirect_uri or code_verifier is not that of its "
                     "sign-in. A code is good once, for a minute: let the person sign in again.",
    "invalid_client": "client_id is the id of an application that is not blocked; one that has secrets sends one of them as "
                      "client_secret or by HTTP Basic.",
    "invalid_scope": "Scopes are parted by spaces; scopes_supported at /.well-known/openid-configuration lists them. A renewal asks for "
                     "no more than was given.",
    "unauthorized_client": "response_type is code.",
    "unsupported_response_type": "response_type is code.",
}


def explained(told: Mapping[str, str]) -> dict[str, str]:
    """An error with `error_description`, in the characters that RFC 6749 (section 5.2) allows there."""
    remedy = _REMEDIES.get(told.get("error", ""))
    return {**({"error_description": remedy} if remedy else {}), **told}


def explained_body(body: str, status: int) -> str:
    """The same of a JSON body; what is no error stays as it is."""
    if status < HTTPStatus.BAD_REQUEST:
        return body
    return msgspec.json.encode(explained(msgspec.json.decode(body, type=dict[str, str]))).decode()
