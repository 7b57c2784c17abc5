"""Outcomes in gw2's form: bare JSON, totals and links in headers, `{"text": ...}` for what went wrong (G5, G13)."""

from __future__ import annotations

from urllib.parse import quote_from_bytes, unquote_to_bytes

from ...catalog.method import Method
from ...catalog.plain import encode_json
from ...errors import Code, Fault
from ...exchange import Answer, Body, Header, Refused, Request, Result, StartedOperation
from ...formats.documents import enclosed
from ...formats.headers import JSON, NO_STORE, cache_of, progress_headers, progress_of, telling
from ...query import Ask, Plan

_REPEATED_MAX = 1_000
"""Bytes of a question that are repeated in a link to every page."""
_PATH = "/%-._~:@!$&'()*+,="
"""What stands in a path as it is."""
_VARY: Header = (b"vary", b"Accept-Encoding, Accept-Language, X-Schema-Version, Authorization")

STATUSES: dict[Code, int] = {
    Code.VERB_NOT_ALLOWED: 405, Code.BODY_TOO_LARGE: 413,
    Code.CREDENTIAL_MISSING: 403, Code.CREDENTIAL_INVALID: 403, Code.CREDENTIAL_EXPIRED: 403,
    Code.CREDENTIAL_DISABLED: 403, Code.CREDENTIAL_REVOKED: 403, Code.ACCOUNT_BANNED: 403, Code.APPLICATION_MISSING: 403,
    Code.APPLICATION_INVALID: 403, Code.APPLICATION_BLOCKED: 403, Code.ADDRESS_NOT_ALLOWED: 403,
    Code.TRANSPORT_INSECURE: 403, Code.PERMISSION_MISSING: 403, Code.ENDPOINT_NOT_ALLOWED: 403, Code.OBJECT_NOT_ALLOWED: 403,
    Code.LIMIT_EXCEEDED: 429,
    Code.CLUSTER_UNKNOWN: 404, Code.TARGET_UNKNOWN: 404, Code.TARGET_DISABLED: 503, Code.NOT_FOUND: 404,
    Code.CONFLICT: 409, Code.OPERATION_CANCELLED: 410, Code.VERSION_GONE: 410, Code.RESULT_TOO_LARGE: 413,
    Code.NOT_READY: 503,
    Code.SOURCE_UNAVAILABLE: 502, Code.SOURCE_INVALID: 502,
    Code.SOURCE_TIMEOUT: 504, Code.METHOD_TIMEOUT: 504, Code.METHOD_FAILED: 500, Code.INTERNAL: 500,
}
"""The HTTP status of each code; everything else is a fault of the question, 400."""


class Writer:
    """Writes results; the headers that never change are made once."""

    def __init__(self, max_age_s: int) -> None:
        self._cache: Header = (b"cache-control", f"public, max-age={max_age_s}".encode())

    def write(self, result: Result, request: Request) -> Answer:
        """The answer to what was found: 200, 206 where some ids are missing, 404 where all are."""
        plan = result.plan
        if isinstance(plan.target, Method):
            return telling(Answer(status=200, headers=[JSON, NO_STORE, _VARY], body=_body(result)), result, request)
        if plan.ask is Ask.MANY and not result.found:
            return write_refusal(_all_invalid())
        headers = [JSON, _VARY, self._cache_of(result)]
        answer = telling(Answer(status=200, headers=headers, body=_body(result), prepared=result.prepared), result, request)
        if plan.ask is not Ask.ONE:
            _add_totals(answer.headers, result, request)
            if plan.ask is Ask.MANY and result.found < len(plan.keys):
                answer.status = 206
        return answer

    def write_started(self, started: StartedOperation, request: Request) -> Answer:
        """How a long operation is, and where it is asked for again; 200 for one that was just ended."""
        again = progress_headers(started)
        if again:
            path = quote_from_bytes(request.path.rstrip(b"/"), safe=_PATH)
            again.append((b"location", f"{path}?operation={started.id}".encode()))
        return Answer(status=202 if again else 200, headers=[JSON, NO_STORE, _VARY, *again], body=progress_of(started, "operation"),
                      target=started.plan.target.path)

    def _cache_of(self, result: Result) -> Header:
        """Who may keep an answer. One in the version that an application has settled on holds for as long as that does."""
        return self._cache if result.public and not result.plan.pinned else cache_of(result)


def _body(result: Result) -> Body:
    if result.stream is not None:
        return enclosed(result.stream, b"", b"")
    if isinstance(result.plan.target, Method):
        return encode_json(result.value)
    if result.plan.ask is Ask.ONE:
        return result.items[0] or b"null"
    return result.joined()


def _add_totals(headers: list[Header], result: Result, request: Request) -> None:
    plan = result.plan
    if plan.ask is not Ask.KEYS:
        headers.append((b"x-result-count", b"%d" % result.found))
    headers.append((b"x-result-total", b"%d" % result.total))
    if plan.ask is Ask.PAGE:
        pages = -(-result.total // plan.page_size)
        headers.append((b"x-page-size", b"%d" % plan.page_size))
        headers.append((b"x-page-total", b"%d" % pages))
        headers.append((b"link", _links(plan, pages, request)))


def _links(plan: Plan, pages: int, request: Request) -> bytes:
    """Where the other pages are: previous, next, self, first, last, those that do not apply left out; of a question too
    long to repeat five times, previous and next, or the header would be larger than proxies and clients take."""
    path = quote_from_bytes(request.path.rstrip(b"/"), safe=_PATH)
    others = "".join(f"&{part}" for part in _other_parameters(request.query))
    places: list[tuple[str, int]] = [("previous", plan.page - 1), ("next", plan.page + 1)]
    if len(others) <= _REPEATED_MAX:
        places += [("self", plan.page), ("first", 0), ("last", pages - 1)]
    return ", ".join(
        f"<{path}?page={page}&page_size={plan.page_size}{others}>; rel={relation}"
        for relation, page in places if 0 <= page < max(pages, 1)
    ).encode()


def _other_parameters(query: bytes) -> list[str]:
    """The parameters as they were sent, without those of the page and without the secret, however they are written."""
    parts = [part for part in query.split(b"&") if part]
    return [quote_from_bytes(part, safe="/%-._~:@!$'()*+,;=?") for part in parts
            if unquote_to_bytes(part.partition(b"=")[0]) not in (b"page", b"page_size", b"access_token")]


def write_refusal(refused: Refused) -> Answer:
    """One text for everything that is wrong; the status is that of the first fault."""
    first = refused.faults[0]
    text = " ".join(dict.fromkeys(_text(fault) for fault in refused.faults))
    status = first.facts.get("status") or STATUSES.get(first.code, 400)
    return Answer(status=status, headers=[JSON, NO_STORE, _VARY], body=encode_json({"text": text}),
                  outcome=first.code.value, target=refused.query.target if refused.query else "")


def _all_invalid() -> Refused:
    return Refused(faults=(Fault(code=Code.NOT_FOUND, message="all ids provided are invalid", field="ids"),))


def _text(fault: Fault) -> str:
    """The texts that clients know, letter by letter; for everything else the field, the reason and the remedy."""
    if fault.code in _PLAIN:
        return f"{fault.message}. {fault.hint}" if fault.facts.get("other_versions") else fault.message
    known, *facts = _KNOWN.get(fault.code, ("", ))
    if known and all(name in fault.facts for name in facts):
        return known.format_map(fault.facts)
    place = f"{fault.field}: " if fault.field else ""
    value = f" `{fault.value[:100]}`" if fault.value is not None else ""
    return f"{place}{fault.message.rstrip('.')}{value}. {fault.hint}".strip()


_PLAIN = frozenset((
    Code.NOT_FOUND, Code.TARGET_UNKNOWN, Code.LIMIT_EXCEEDED, Code.CREDENTIAL_MISSING, Code.PERMISSION_MISSING,
    Code.ENDPOINT_NOT_ALLOWED,
))
_KNOWN: dict[Code, tuple[str, ...]] = {
    Code.NOT_READY: ("API not active",),
    Code.TARGET_DISABLED: ("API not active",),
    Code.CREDENTIAL_INVALID: ("invalid key",),
    Code.CREDENTIAL_EXPIRED: ("invalid key: it has expired",),
    Code.CREDENTIAL_DISABLED: ("invalid key: it is disabled",),
    Code.CREDENTIAL_REVOKED: ("invalid key: it was revoked",),
    Code.ACCOUNT_BANNED: ("invalid key: its account is banned",),
    Code.APPLICATION_BLOCKED: ("invalid key: its application is blocked",),
    Code.LIST_TOO_LONG: ("id list too long; this endpoint is limited to {limit} ids at once", "limit"),
    Code.PAGE_OUT_OF_RANGE: ("page out of range. Use page values 0 - {last_page}.", "last_page"),
}
"""The text of a code, and the facts that it needs."""
