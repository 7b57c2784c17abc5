"""Refusals in the words that clients of this convention know: a code, a message, the field and its value (L17)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ...catalog.plain import encode_json
from ...errors import Code, Fault, shorten
from ...query import Ask, Query

_PAGING = {"page_no": "page", "limit": "page_size"}
_ECHO_MAX = 1_000
"""How many characters of what was sent an error repeats."""
_WORD = re.compile(r"(?<=[a-z0-9])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")
_NO_LETTER = re.compile(r"[^A-Z0-9]+")

Wording = tuple[int, Callable[[str], str]]


def _said(message: str) -> Callable[[str], str]:
    return lambda _: message


def _invalid(field: str) -> str:
    return f"INVALID_{field}" if field else "INVALID_REQUEST"


def _of(ending: str) -> Callable[[str], str]:
    """`TANK_ID_NOT_FOUND`; `NOT_FOUND` where nobody knows of what."""
    return lambda field: f"{field}_{ending}" if field else ending


_TOKEN = (407, _said("INVALID_ACCESS_TOKEN"))
_SOURCE = (504, _said("SOURCE_NOT_AVAILABLE"))
_WORDS: dict[Code, Wording] = {
    Code.VERB_NOT_ALLOWED: (405, _said("REQUEST_METHOD_NOT_ALLOWED")),
    Code.BODY_TOO_LARGE: (413, _said("REQUEST_TOO_LARGE")),
    Code.CREDENTIAL_MISSING: (402, _said("ACCESS_TOKEN_NOT_SPECIFIED")),
    Code.CREDENTIAL_INVALID: _TOKEN, Code.CREDENTIAL_EXPIRED: _TOKEN, Code.CREDENTIAL_DISABLED: _TOKEN,
    Code.CREDENTIAL_REVOKED: _TOKEN, Code.ACCOUNT_BANNED: _TOKEN, Code.PERMISSION_MISSING: _TOKEN,
    Code.ENDPOINT_NOT_ALLOWED: _TOKEN,
    Code.APPLICATION_MISSING: (402, _said("APPLICATION_ID_NOT_SPECIFIED")),
    Code.APPLICATION_INVALID: (407, _said("INVALID_APPLICATION_ID")),
    Code.APPLICATION_BLOCKED: (407, _said("APPLICATION_IS_BLOCKED")),
    Code.ADDRESS_NOT_ALLOWED: (407, _said("INVALID_IP_ADDRESS")),
    Code.TRANSPORT_INSECURE: (403, _said("HTTPS_REQUIRED")),
    Code.OBJECT_NOT_ALLOWED: (403, _said("ACTION_NOT_ALLOWED")),
    Code.LIMIT_EXCEEDED: (407, _said("REQUEST_LIMIT_EXCEEDED")),
    Code.CLUSTER_UNKNOWN: (404, _said("CLUSTER_NOT_FOUND")),
    Code.TARGET_UNKNOWN: (404, _said("METHOD_NOT_FOUND")),
    Code.TARGET_DISABLED: (405, _said("METHOD_DISABLED")),
    Code.PARAMETER_MISSING: (402, _of("NOT_SPECIFIED")),
    Code.LIST_TOO_LONG: (407, _of("LIST_LIMIT_EXCEEDED")),
    Code.SEARCH_TOO_SHORT: (407, _said("NOT_ENOUGH_SEARCH_LENGTH")),
    Code.NOT_FOUND: (404, _of("NOT_FOUND")),
    Code.VERSION_GONE: (404, _of("NOT_FOUND")),
    Code.CONFLICT: (409, _said("CONFLICT")),
    Code.OPERATION_CANCELLED: (410, _said("OPERATION_CANCELLED")),
    Code.RESULT_TOO_LARGE: (413, _said("RESULT_TOO_LARGE")),
    Code.NOT_READY: _SOURCE, Code.SOURCE_UNAVAILABLE: _SOURCE, Code.SOURCE_TIMEOUT: _SOURCE, Code.SOURCE_INVALID: _SOURCE,
    Code.METHOD_TIMEOUT: _SOURCE,
    Code.METHOD_FAILED: (500, _said("METHOD_FAILED")), Code.INTERNAL: (500, _said("INTERNAL_ERROR")),
}
"""Everything else is a value that is not valid: 407 `INVALID_%FIELD%`."""
_TOKEN_CODES = frozenset(code for code, wording in _WORDS.items() if wording is _TOKEN)
_WHOSE = {
    Code.APPLICATION_MISSING: "application_id", Code.APPLICATION_INVALID: "application_id",
    Code.APPLICATION_BLOCKED: "application_id", Code.CREDENTIAL_MISSING: "access_token", Code.TRANSPORT_INSECURE: "access_token",
    Code.SEARCH_TOO_SHORT: "search", Code.BODY_MALFORMED: "body", **dict.fromkeys(_TOKEN_CODES, "access_token"),
}
"""The parameter that a code is about, where the fault does not name it."""


def error_of(fault: Fault, query: Query | None) -> dict[str, object]:
    """The four members of `error`, always all of them; of an internal error the message holds the request's id, and of a result that is
    too large what to do."""
    code, word = _declared(fault) or _WORDS.get(fault.code, (407, _invalid))
    field = _field_of(fault)
    message = word(_NO_LETTER.sub("_", ("version" if field == "v" else field or "").upper()).strip("_"))
    if fault.code in (Code.INTERNAL, Code.RESULT_TOO_LARGE) and fault.hint:
        message = f"{message}: {fault.hint}"
    return {"field": field, "message": message, "code": code, "value": _value(fault, field, query)}


def _field_of(fault: Fault) -> str | None:
    """The parameter that is meant, as clients call it."""
    return fault.field or _WHOSE.get(fault.code)


def _declared(fault: Fault) -> Wording | None:
    """What a method declared to raise: `AlreadyBanned` is ALREADY_BANNED, with its own status."""
    name = fault.facts.get("error")
    return (fault.facts["status"], _said(_WORD.sub(r"_\g<0>", name).upper())) if name is not None else None


def _value(fault: Fault, field: str | None, query: Query | None) -> str | None:
    """What the client sent for the field, cut where it is long; an application id is no secret, a token is never repeated."""
    if fault.code in _TOKEN_CODES or fault.code is Code.PARAMETER_REPEATED:
        return None
    sent = _sent(fault, field, query) if query is not None else None
    text = fault.value if sent is None else sent
    return shorten(text, _ECHO_MAX) if text is not None else None


def _sent(fault: Fault, field: str | None, query: Query) -> str | None:
    """What a query holds for a field; None where the fault itself says it."""
    if field == "application_id":
        return next((each.text for each in query.credentials if each.kind.startswith("application-")), None)
    if field in ("fields", "extra"):
        return ",".join(getattr(query, field)) or None
    if field in _PAGING:
        return getattr(query, _PAGING[field], None)
    if fault.code is Code.LIST_TOO_LONG:
        return query.search if field == "search" else ",".join(query.keys)
    return _argument(query, field) if query.ask is Ask.CALL and field else None


def _argument(query: Query, path: str) -> str | None:
    """What a method was given at a path: a text as it is, what only a JSON body can hold as JSON."""
    if path in query.parameters:
        return ",".join(query.parameters[path])
    value: Any = query.arguments
    for step in path.split("."):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return None
    return value if isinstance(value, str) else encode_json(value).decode()
