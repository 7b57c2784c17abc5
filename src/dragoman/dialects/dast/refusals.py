"""Refusals in the words of this convention: an exception, a message and a code for each thing that is wrong (D7)."""

from __future__ import annotations

from collections.abc import Callable

from ...catalog.plain import encode_json
from ...errors import Code, Fault, shorten
from ...exchange import Answer, Refused
from ...formats.headers import JSON, NO_STORE, VARY

_NAMESPACE = "App\\ApiModule\\"
_ERRORS_MAX = 100

_AUTH, _PERMISSION, _REQUEST, _PARAMETER, _NOT_FOUND, _UNAVAILABLE, _INTERNAL = (
    "Auth", "Permission", "Request", "Parameter", "NotFound", "Unavailable", "Internal")
_KINDS: dict[Code, tuple[str, int]] = {
    Code.REQUEST_MALFORMED: (_REQUEST, 400), Code.VERB_NOT_ALLOWED: (_REQUEST, 405), Code.BODY_TOO_LARGE: (_REQUEST, 413),
    Code.BODY_MALFORMED: (_REQUEST, 400), Code.FORMAT_UNKNOWN: (_REQUEST, 400),
    Code.CREDENTIAL_MISSING: (_AUTH, 400), Code.CREDENTIAL_INVALID: (_AUTH, 403), Code.CREDENTIAL_EXPIRED: (_AUTH, 403),
    Code.CREDENTIAL_DISABLED: (_AUTH, 403), Code.CREDENTIAL_REVOKED: (_AUTH, 403), Code.ACCOUNT_BANNED: (_AUTH, 403),
    Code.APPLICATION_MISSING: (_AUTH, 400), Code.APPLICATION_INVALID: (_AUTH, 403), Code.APPLICATION_BLOCKED: (_AUTH, 403),
    Code.ADDRESS_NOT_ALLOWED: (_AUTH, 403), Code.TRANSPORT_INSECURE: (_AUTH, 403),
    Code.PERMISSION_MISSING: (_PERMISSION, 403), Code.ENDPOINT_NOT_ALLOWED: (_PERMISSION, 403),
    Code.OBJECT_NOT_ALLOWED: (_PERMISSION, 403),
    Code.LIMIT_EXCEEDED: ("Limit", 429),
    Code.CLUSTER_UNKNOWN: (_NOT_FOUND, 404), Code.TARGET_UNKNOWN: (_NOT_FOUND, 404), Code.NOT_FOUND: (_NOT_FOUND, 404),
    Code.CONFLICT: ("Conflict", 409), Code.OPERATION_CANCELLED: ("OperationCancelled", 410),
    Code.VERSION_GONE: ("VersionGone", 410), Code.RESULT_TOO_LARGE: ("ResultTooLarge", 413),
    Code.TARGET_DISABLED: (_UNAVAILABLE, 503), Code.NOT_READY: (_UNAVAILABLE, 503),
    Code.SOURCE_UNAVAILABLE: (_UNAVAILABLE, 502), Code.SOURCE_INVALID: (_UNAVAILABLE, 502),
    Code.SOURCE_TIMEOUT: (_UNAVAILABLE, 504), Code.METHOD_TIMEOUT: (_UNAVAILABLE, 504),
    Code.METHOD_FAILED: (_INTERNAL, 500), Code.INTERNAL: (_INTERNAL, 500),
}
"""The exception and the code of each; everything else is a parameter that is not right, 400."""
_DECLARED = "error"
"""The fact that names what a method declared to raise."""
_TOKENS = {"api-token": "API token", "user-token": "User token", "api_token": "API token", "user_token": "User token"}
_STATES = {"disabled": " by its owner", "suspended": " by an administrator"}
_TOKEN_WORDS: dict[Code, Callable[[Fault], str]] = {
    Code.CREDENTIAL_MISSING: lambda _fault: "parameter is missing",
    Code.PARAMETER_REPEATED: lambda _fault: "parameter is given more than once",
    Code.REQUEST_MALFORMED: lambda _fault: "parameter cannot be read",
    Code.CREDENTIAL_INVALID: lambda fault: (
        f"is malformed: it must have {fault.facts['length']} characters" if "length" in fault.facts else "is unknown"),
    Code.CREDENTIAL_EXPIRED: lambda _fault: "has expired",
    Code.CREDENTIAL_DISABLED: lambda fault: "is disabled" + _STATES.get(fault.facts.get("by", ""), ""),
    Code.CREDENTIAL_REVOKED: lambda _fault: "was revoked",
    Code.ACCOUNT_BANNED: lambda _fault: "belongs to an account that is banned",
    Code.PERMISSION_MISSING: lambda fault: f"does not have the permission {fault.facts.get('permission', '')}".rstrip(),
}
"""What is wrong with a token; its text is never told back."""
_WORDS = {
    Code.PARAMETER_MISSING: "is missing", Code.PARAMETER_UNKNOWN: "is unknown", Code.PARAMETER_REPEATED: "is given more than once",
}
"""What is wrong with a parameter, in words that stay."""


def write_refusal(refused: Refused) -> Answer:
    """Everything that is wrong, each thing once; the HTTP status is that of the first."""
    first = refused.faults[0]
    errors = list(dict.fromkeys(map(_error_of, refused.faults[:_ERRORS_MAX])))
    told = [{"exception": exception, "message": message, "code": code} for exception, message, code in errors]
    return Answer(status=errors[0][2], headers=[JSON, NO_STORE, VARY], body=encode_json({"data": [], "error": told, "success": False}),
                  outcome=first.code.value, target=refused.query.target if refused.query else "")


def _error_of(fault: Fault) -> tuple[str, str, int]:
    """Exception, message and code."""
    token = _token_of(fault)
    kind, code = (_AUTH, 400) if fault.field in _TOKENS else _KINDS.get(fault.code, (_PARAMETER, 400))
    if token is not None:
        return _exception(kind), f"{token} {_TOKEN_WORDS[fault.code](fault)}.", 400 if "length" in fault.facts else code
    return _exception(fault.facts.get(_DECLARED, kind)), _text(fault), fault.facts.get("status", code)


def _exception(kind: str) -> str:
    return f"{_NAMESPACE}{kind.removesuffix('Error').removesuffix('Exception')}Exception"


def _token_of(fault: Fault) -> str | None:
    """The token that a fault is about, as people call it; None where it is about something else."""
    if fault.code not in _TOKEN_WORDS:
        return None
    if fault.code in _WORDS or fault.code is Code.REQUEST_MALFORMED:
        return _TOKENS.get(fault.field or "")
    asked = "user-token" if fault.code in (Code.CREDENTIAL_MISSING, Code.PERMISSION_MISSING) else "api-token"
    return _TOKENS.get(fault.facts.get("kind", asked), "API token")


def _text(fault: Fault) -> str:
    """Where, what, and what to do, in sentences."""
    name = fault.field
    if fault.code in _WORDS and name:
        what = f"{shorten(name)} parameter {_WORDS[fault.code]}"
    else:
        what = f"{shorten(name)} parameter: {fault.message}" if name else fault.message[:1].upper() + fault.message[1:]
        what += f" `{shorten(fault.value)}`" if fault.value is not None else ""
    return " ".join(filter(None, (what if what.endswith(".") else f"{what}.", fault.detail, fault.hint)))
