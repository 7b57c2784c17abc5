"""The gate: who asks, whether they may, and how much they have asked already."""

from __future__ import annotations

import msgspec

from ..catalog.fields import Field
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.values import read_scalar
from ..contracts import Credentials, Meter, Request
from ..errors import Code, Refusal, refuse
from ..formats.form import unquote_path
from ..query import ANONYMOUS, EVERYBODY, Audience, Caller, Owned, Query, Rate


class Gate:
    """Admits callers. `rate` is what one address may ask without any credential; None for no limit."""

    def __init__(self, credentials: Credentials, meter: Meter, rate: Rate | None) -> None:
        self._credentials, self._meter, self._rate = credentials, meter, rate

    def admit(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """The caller, allowed and charged. Raises `Refusal` with the reason that is theirs."""
        caller = self._identify(query, target, request) if query.credentials else ANONYMOUS
        if target.authenticated:
            self._allow(caller, target.permission)
        self._charge(caller, request)
        return caller

    def _identify(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """Public data are for anybody, whatever a stale key says; there a bad credential counts as none."""
        try:
            caller = self._credentials.identify(query.credentials, request)
            _check_urls(caller, request)
            return caller
        except Refusal:
            if is_open(target):
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


def _check_urls(caller: Caller, request: Request) -> None:
    """A key may be limited to some paths, each with what lies below it."""
    if caller.urls and not caller.reaches(unquote_path(request.path)):
        raise refuse(Code.ENDPOINT_NOT_ALLOWED, "this key is limited to other endpoints",
                     hint=f"Use it for {', '.join(caller.urls)}.")


def is_open(target: Resource | Method) -> bool:
    """Whether everybody is answered alike, with a key or without."""
    if isinstance(target, Method):
        return not (target.authenticated or Caller in target.injected.values())
    return not (target.authenticated or target.needs)


def audience_of(caller: Caller, target: Resource | Method) -> Audience:
    """For whom the answer is: everybody, unless it shows what only this caller may see."""
    if caller.account is None:
        return EVERYBODY
    if isinstance(target, Method):
        return EVERYBODY if is_open(target) else Audience(caller.subject, caller.permissions, authenticated=True)
    shown = target.needs & caller.permissions
    if not (target.authenticated or shown):
        return EVERYBODY
    return Audience(caller.subject if target.owner else None, shown, authenticated=True)


def owned_by(caller: Caller, target: Resource) -> Owned | None:
    """Which records of a resource are the caller's own (L11); None where they belong to nobody in particular."""
    owner = target.owner
    if owner is None:
        return None
    field = next(field for field in target.fields if field.name == owner)
    return Owned(owner, _value_of(field, caller.subject or ""))


def _value_of(field: Field, subject: str) -> str | int | None:
    """A subject as the field has it; None for one that the field can never hold, and for none at all."""
    try:
        value = msgspec.to_builtins(read_scalar(field.shape, subject)) if subject else None
    except ValueError:
        return None
    return value if isinstance(value, (str, int)) else None
