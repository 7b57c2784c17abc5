"""The gate: who asks, whether they may, and how much they have asked already."""

from __future__ import annotations

from ..catalog.method import Method
from ..catalog.resource import Resource
from ..contracts import Credentials, Meter, Request
from ..errors import Code, Refusal, refuse
from ..query import ANONYMOUS, EVERYBODY, Audience, Caller, Query, Rate


class Gate:
    """Admits callers. `rate` is what one address may ask without any credential; None for no limit."""

    def __init__(self, credentials: Credentials, meter: Meter, rate: Rate | None) -> None:
        self._credentials, self._meter, self._rate = credentials, meter, rate

    def admit(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """The caller, allowed and charged. Raises `Refusal` with the reason that is theirs."""
        caller = self._identify(query, target, request) if query.credentials else ANONYMOUS
        if needs_key(target):
            self._allow(caller, target.permission)
        self._charge(caller, request)
        return caller

    def _identify(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """Public data are for anybody, whatever a stale key says; there a bad credential counts as none."""
        try:
            return self._credentials.identify(query.credentials, request)
        except Refusal:
            if not needs_key(target):
                return ANONYMOUS
            raise

    def _allow(self, caller: Caller, needed: str | None) -> None:
        if caller.account is None:
            raise refuse(Code.CREDENTIAL_MISSING, "endpoint requires authentication",
                         hint="Send a key that the owner of the data has made.")
        if needed is not None and needed not in caller.permissions:
            raise refuse(Code.PERMISSION_MISSING, f"requires scope {needed}", value=needed, facts={"permission": needed})

    def _charge(self, caller: Caller, request: Request) -> None:
        rate = caller.rate or self._rate
        if rate is None:
            return
        subject = f"application:{caller.application}" if caller.application else f"address:{request.peer}"
        verdict = self._meter.charge(subject, rate)
        if not verdict.allowed:
            raise refuse(Code.LIMIT_EXCEEDED, "too many requests", facts={"retry_after_s": verdict.retry_after_s})


def needs_key(target: Resource | Method) -> bool:
    """Whether nobody is answered without a valid key."""
    return target.authenticated if isinstance(target, Method) else target.permission is not None or is_private(target)


def is_private(target: Resource | Method) -> bool:
    """Whether what a target answers belongs to its caller."""
    return isinstance(target, Resource) and target.owner is not None


def audience_of(caller: Caller, target: Resource | Method) -> Audience:
    """For whom the answer is: everybody, unless it shows what only this caller may see."""
    if caller.account is None:
        return EVERYBODY
    if is_private(target) or any(field.needs for field in getattr(target, "fields", ())):
        return Audience(subject=caller.subject, permissions=caller.permissions)
    return EVERYBODY
