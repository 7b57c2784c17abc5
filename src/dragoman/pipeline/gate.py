"""The gate: who asks, whether they may, and how much they have asked already."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from ..catalog.fields import Field
from ..catalog.method import Method
from ..catalog.resource import Resource
from ..catalog.values import read_scalar
from ..contracts import Credentials, Meter
from ..errors import Code, Refusal, refuse
from ..exchange import Request
from ..formats.form import unquote_path
from ..query import ANONYMOUS, EVERYBODY, Audience, Caller, Limit, Owned, Query, Rate
from .guessing import Guesses
from .standing import Standing

_OF_PROXIES = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"})
"""What tells that a call has come through a proxy; not every proxy sends all of them."""

class Gate:
    """Admits callers and charges them.

    `anonymous` is what one address may ask without any key, `wrong_keys` how many wrong ones may be tried there, and `client` what
    one address may ask through an application beside the application's own limits; None for no limit.
    """

    def __init__(
        self, credentials: Credentials, meter: Meter, anonymous: Rate | None = None, *, wrong_keys: Rate | None = None,
        client: Rate | None = None,
    ) -> None:
        self._credentials, self._meter = credentials, meter
        self._anonymous, self._client = anonymous, client
        self._guesses = Guesses(meter, wrong_keys)

    def admit(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """The caller, who may ask for this. Raises `Refusal` with the reason that is theirs."""
        if query.confidential:
            _check_transport(request)
        _check_required(query)
        caller = self._identify(query, target, request) if query.credentials else ANONYMOUS
        self.allow(caller, target)
        return caller

    def charge(self, caller: Caller, request: Request) -> Standing | None:
        """How the caller stands after this call, in its tightest limit; a refused call costs nothing in any of them."""
        limits = self._limits_of(caller, request)
        if not limits:
            return None
        standings: list[Standing] = []
        for limit in limits:
            standing = Standing(limit, self._meter.charge(limit.subject, limit.rate))
            if not standing.verdict.allowed:
                for charged in standings:
                    self._meter.charge(charged.limit.subject, charged.limit.rate, -1)
                return standing
            standings.append(standing)
        return standings[0] if len(standings) == 1 else min(standings, key=lambda each: each.verdict.remaining)

    def _limits_of(self, caller: Caller, request: Request) -> Sequence[Limit]:
        if not caller.limits:
            return () if self._anonymous is None else (
                Limit("address", f"address:{network_of(request.peer)}", self._anonymous),)
        if self._client is None or caller.application is None:
            return caller.limits
        subject = f"client:{caller.application}:{network_of(request.peer)}"
        return (Limit("client", subject, self._client), *caller.limits)     # first: one address alone must not use up the rest

    def _identify(self, query: Query, target: Resource | Method, request: Request) -> Caller:
        """Public data are for anybody, whatever a stale key says; there a bad credential counts as none."""
        try:
            caller = self._credentials.identify(query.credentials, request)
            _check_urls(caller, request)
            refusal = self._guesses.judge_known(caller.key, network_of(request.peer))
        except Refusal as refused:
            refusal = self._judge(refused, query, request)
        if refusal is None:
            return caller
        if is_open(target) and not query.requires:
            return ANONYMOUS
        raise refusal

    def _judge(self, refused: Refusal, query: Query, request: Request) -> Refusal:
        """The refusal that is told: to whoever tries keys one that tells nothing of them."""
        fault, network = refused.faults[0], network_of(request.peer)
        if fault.code is Code.CREDENTIAL_INVALID:
            return self._guesses.judge_wrong(query.credentials, network) or refused
        return self._guesses.judge_known(fault.facts.get("key"), network) or refused

    def allow(self, caller: Caller, target: Resource | Method) -> None:
        """See that a caller may ask for this. Raises `Refusal`."""
        if not target.authenticated:
            return
        needed = target.permission
        if caller.account is None:
            raise refuse(Code.CREDENTIAL_MISSING, "endpoint requires authentication",
                         hint="Send a key that the owner of the data has made.", facts=_refs(caller))
        if needed is not None and needed not in caller.permissions:
            raise refuse(Code.PERMISSION_MISSING, f"requires scope {needed}", value=needed,
                         facts={"permission": needed, **_refs(caller)})


@lru_cache(maxsize=4096)
def network_of(peer: str) -> str:
    """What is counted as one client: an IPv4 address, or the IPv6 network that one customer has."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv4Address):
        return peer
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def _check_transport(request: Request) -> None:
    """A token goes over HTTPS; from this very machine, with no proxy between, it may go without (L12)."""
    if request.scheme == "https" or (_is_loopback(request.peer) and _OF_PROXIES.isdisjoint(request.headers)):
        return
    raise refuse(Code.TRANSPORT_INSECURE, "a token must be sent over HTTPS", hint="Use https://, and make a new token.")


@lru_cache(maxsize=256)
def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False


def _check_required(query: Query) -> None:
    for kind in query.requires:
        if all(credential.kind != kind for credential in query.credentials):
            code = Code.APPLICATION_MISSING if kind.startswith("application-") else Code.CREDENTIAL_MISSING
            raise refuse(code, f"no {kind} was sent", hint="The Developer Room has one for you.", facts={"kind": kind})


def _check_urls(caller: Caller, request: Request) -> None:
    """A key may be limited to some paths, each with what lies below it."""
    if caller.urls and not caller.reaches(unquote_path(request.path)):
        raise refuse(Code.ENDPOINT_NOT_ALLOWED, "this key is limited to other endpoints",
                     hint=f"Use it for {', '.join(caller.urls)}.", facts=_refs(caller))


def _refs(caller: Caller) -> dict[str, str]:
    """Whose call it is by their public ids, for whoever counts a refusal."""
    found = {"key": caller.key, "application": caller.application}
    return {name: ref for name, ref in found.items() if ref is not None}


def is_open(target: Resource | Method) -> bool:
    """Whether everybody is answered alike, with a key or without."""
    if isinstance(target, Method):
        return not (target.authenticated or target.needs or Caller in target.injected.values())
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
