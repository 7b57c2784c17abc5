"""Every failure that somebody outside the code can see: what it is, where it is, and what to do about it.

    DragomanError
    |-- DeclarationError     a catalog that cannot be served; its author reads it when it is imported or loaded
    |-- SettingsError        a setting or a command line that makes no sense; the operator reads it
    |-- PublicationError     data that do not fit the catalog; the publisher reads it, the old edition goes on serving
    |-- SourceUnavailable    a source that does not answer; its text is for the log, the client learns only the code
    |-- MethodError          what a publisher's method tells its caller instead of a result
    `-- Refusal              what a client is told: one or more faults, in the form of the client's dialect
        `-- carries Faults   code, message, detail, hint, field, value
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

import msgspec


class Code(StrEnum):
    """What went wrong, grouped by the stage that found it. A code is never reused for anything else."""

    # reading: the request is no question in this dialect
    REQUEST_MALFORMED = "request-malformed"
    VERB_NOT_ALLOWED = "verb-not-allowed"
    BODY_TOO_LARGE = "body-too-large"
    BODY_MALFORMED = "body-malformed"
    FORMAT_UNKNOWN = "format-unknown"
    # gate: who asks, whether they may, how much
    CREDENTIAL_MISSING = "credential-missing"
    CREDENTIAL_INVALID = "credential-invalid"
    CREDENTIAL_EXPIRED = "credential-expired"
    CREDENTIAL_DISABLED = "credential-disabled"
    CREDENTIAL_REVOKED = "credential-revoked"
    ACCOUNT_BANNED = "account-banned"
    APPLICATION_MISSING = "application-missing"
    APPLICATION_INVALID = "application-invalid"
    APPLICATION_BLOCKED = "application-blocked"
    ADDRESS_NOT_ALLOWED = "address-not-allowed"
    TRANSPORT_INSECURE = "transport-insecure"
    PERMISSION_MISSING = "permission-missing"
    OBJECT_NOT_ALLOWED = "object-not-allowed"
    ENDPOINT_NOT_ALLOWED = "endpoint-not-allowed"
    LIMIT_EXCEEDED = "limit-exceeded"
    # plan: the question does not fit the catalog
    CLUSTER_UNKNOWN = "cluster-unknown"
    TARGET_UNKNOWN = "target-unknown"
    TARGET_DISABLED = "target-disabled"
    PARAMETER_UNKNOWN = "parameter-unknown"
    PARAMETER_MISSING = "parameter-missing"
    PARAMETER_INVALID = "parameter-invalid"
    PARAMETER_REPEATED = "parameter-repeated"
    LIST_TOO_LONG = "list-too-long"
    LIST_NOT_EXPANDABLE = "list-not-expandable"
    PAGE_OUT_OF_RANGE = "page-out-of-range"
    FIELD_UNKNOWN = "field-unknown"
    FIELD_NOT_ALLOWED = "field-not-allowed"
    LANGUAGE_UNKNOWN = "language-unknown"
    VERSION_INVALID = "version-invalid"
    VERSION_GONE = "version-gone"
    SEARCH_TOO_SHORT = "search-too-short"
    # execute: the question was good, the answer is not to be had
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    NOT_READY = "not-ready"
    SOURCE_UNAVAILABLE = "source-unavailable"
    SOURCE_TIMEOUT = "source-timeout"
    SOURCE_INVALID = "source-invalid"
    METHOD_TIMEOUT = "method-timeout"
    METHOD_FAILED = "method-failed"
    RESULT_TOO_LARGE = "result-too-large"
    OPERATION_CANCELLED = "operation-cancelled"
    INTERNAL = "internal"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: `field` names the parameter or field as the client wrote it, `value` echoes its text."""

    code: Code
    message: str
    detail: str = ""
    hint: str = ""
    field: str | None = None
    value: str | None = None
    facts: dict[str, Any] = {}
    """Numbers and names that a dialect may need for its own wording: `{"limit": 200}`, `{"last_page": 7}`."""

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        return " ".join(part for part in (place + self.message, self.detail, self.hint) if part)


class DragomanError(Exception):
    """The root of every error that is meant for a person."""


class DeclarationError(DragomanError):
    """A catalog that cannot be served, told with the place, the reason and the remedy."""

    def __init__(self, name: str, reason: str, remedy: str, place: str = "") -> None:
        self.name, self.reason, self.remedy, self.place = name, reason, remedy, place
        super().__init__(f"{place + ': ' if place else ''}{name}: {reason} {remedy}".strip())


class SettingsError(DragomanError):
    """A setting, option or file that makes no sense, told with the remedy."""


class PublicationError(DragomanError):
    """Data that do not fit the catalog: resource, key, field, what was found and what was expected."""

    def __init__(
        self, resource: str, reason: str, *, key: str | None = None, field: str | None = None,
        found: str | None = None, expected: str | None = None, hint: str = "",
    ) -> None:
        self.resource, self.reason, self.key, self.field = resource, reason, key, field
        self.found, self.expected, self.hint = found, expected, hint
        parts = [f"{resource}"]
        parts += [f"record {key}"] if key is not None else []
        parts += [f"field {field}"] if field else []
        told = f"{', '.join(parts)}: {reason}"
        told += f" Found {found}" if found is not None else ""
        told += f", expected {expected}." if expected is not None else ("." if found is not None else "")
        super().__init__(f"{told} {hint}".strip())


class SourceUnavailable(DragomanError):
    """A source does not answer; `code` tells a refusal, a time-out and nonsense apart. Its text is for the log."""

    def __init__(self, reason: str, code: Code = Code.SOURCE_UNAVAILABLE) -> None:
        self.code = code
        super().__init__(reason)


class MethodError(DragomanError):
    """What a method tells its caller instead of a result. Derive one class for each thing that may be wrong, say in its
    docstring what that is, and name it in `raises=`; its own name and `status` are part of the API.

    >>> class AlreadyBanned(MethodError):
    ...     '''This player is banned already.'''
    ...     status = 409
    """

    status: ClassVar[int] = 400
    """The HTTP status, or what stands for it in the dialect."""

    def __init__(self, message: str = "", *, field: str | None = None, value: object = None) -> None:
        """Without a message the class's docstring is told; `field` names the parameter that it is about."""
        self.message, self.field, self.value = message or describe_error(type(self)), field, value
        super().__init__(self.message)


def describe_error(error: type[MethodError]) -> str:
    """The first line of a declared error's own docstring; empty where it has none."""
    return (error.__dict__.get("__doc__") or "").strip().partition("\n")[0].strip()


class Refusal(DragomanError):
    """What a client is told instead of an answer; never empty, several faults where several things are wrong."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


def refuse(code: Code, message: str, **rest: Any) -> Refusal:
    """Build the refusal of a single fault: `raise refuse(Code.NOT_FOUND, "no such id", field="id", value="x")`."""
    return Refusal(Fault(code=code, message=message, **rest))


def shorten(text: str, most: int = 100) -> str:
    """What was sent, as errors tell it back: so many characters at most, and `…` where there were more."""
    return text if len(text) <= most else text[:most] + "…"
