"""Refusals in the words of this convention: one of five statuses, and one text for everything that is wrong (W6, W7)."""

from __future__ import annotations

from ...errors import Code, Fault, shorten
from .envelope import FAILED, FORBIDDEN, NOT_FOUND, WRONG, Status

_FAULTS_MAX = 100
_STATUSES: dict[Code, Status] = {
    Code.CREDENTIAL_MISSING: FORBIDDEN, Code.CREDENTIAL_INVALID: FORBIDDEN, Code.CREDENTIAL_EXPIRED: FORBIDDEN,
    Code.CREDENTIAL_DISABLED: FORBIDDEN, Code.CREDENTIAL_REVOKED: FORBIDDEN, Code.ACCOUNT_BANNED: FORBIDDEN,
    Code.APPLICATION_MISSING: FORBIDDEN, Code.APPLICATION_INVALID: FORBIDDEN, Code.APPLICATION_BLOCKED: FORBIDDEN,
    Code.ADDRESS_NOT_ALLOWED: FORBIDDEN, Code.TRANSPORT_INSECURE: FORBIDDEN, Code.PERMISSION_MISSING: FORBIDDEN,
    Code.OBJECT_NOT_ALLOWED: FORBIDDEN, Code.ENDPOINT_NOT_ALLOWED: FORBIDDEN, Code.LIMIT_EXCEEDED: FORBIDDEN,
    Code.CLUSTER_UNKNOWN: NOT_FOUND, Code.TARGET_UNKNOWN: NOT_FOUND, Code.NOT_FOUND: NOT_FOUND,
    Code.OPERATION_CANCELLED: NOT_FOUND, Code.VERSION_GONE: NOT_FOUND,
    Code.TARGET_DISABLED: FAILED, Code.NOT_READY: FAILED, Code.SOURCE_UNAVAILABLE: FAILED, Code.SOURCE_TIMEOUT: FAILED,
    Code.SOURCE_INVALID: FAILED, Code.METHOD_TIMEOUT: FAILED, Code.METHOD_FAILED: FAILED, Code.INTERNAL: FAILED,
}
"""Everything else is a parameter, a body or a verb that is not right: 400."""
_KEY = {
    Code.CREDENTIAL_MISSING: "remote_auth is missing", Code.CREDENTIAL_INVALID: "remote_auth is not valid",
    Code.CREDENTIAL_EXPIRED: "remote_auth has expired", Code.CREDENTIAL_DISABLED: "remote_auth is disabled",
    Code.CREDENTIAL_REVOKED: "remote_auth was revoked", Code.ACCOUNT_BANNED: "the account of remote_auth is banned",
    Code.APPLICATION_BLOCKED: "the application of remote_auth is blocked",
}
"""What is wrong with the key; its text is never told back."""


def status_of(faults: tuple[Fault, ...]) -> Status:
    """The status of the first fault: 400, 403, 404 or 500."""
    first = faults[0]
    declared = first.facts.get("status") if first.code is Code.METHOD_FAILED else None
    return _STATUSES.get(first.code, WRONG) if declared is None else declared_status(declared)


def declared_status(declared: int) -> Status:
    """The one of these statuses that is nearest to what a method declared."""
    if declared in (401, FORBIDDEN):
        return FORBIDDEN
    return NOT_FOUND if declared == NOT_FOUND else WRONG if declared < FAILED else FAILED


def text_of(faults: tuple[Fault, ...]) -> str:
    """Everything that is wrong, each thing once: where, what, and what to do."""
    return " ".join(dict.fromkeys(map(_text, faults[:_FAULTS_MAX])))


def _text(fault: Fault) -> str:
    place = f"{shorten(fault.field)}: " if fault.field else ""
    what = _KEY.get(fault.code, fault.message).rstrip(".")
    value = f" `{shorten(fault.value)}`" if fault.value is not None else ""
    return " ".join(filter(None, (f"{place}{what}{value}.", fault.detail, fault.hint)))
