"""What every credential is worth, in memory: from a secret to a caller, or to the distinct reason of a refusal."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from ..errors import Code, Refusal, refuse
from ..exchange import Request
from ..query import ANONYMOUS, Caller, Credential, KeyInfo, Limit
from .allowances import NO_LIMITS, Allowances
from .facts import Account, Application, Fact, Key
from .secrets import Digester, Kind, expected_length, is_application_id, is_ours
from .subtokens import Subtoken, Subtokens, looks_like_subtoken

_KINDS = {kind.value: kind for kind in Kind}
_EITHER = (Kind.GW2, Kind.REMOTE_AUTH)
"""Kinds of keys in whose place a token may stand."""
_LENGTH_MAX = 4_096
_STATES = {"disabled": "by its owner", "suspended": "by an operator"}


class Register:
    """Keeps the contracts of `Credentials` and `Keys`; a follower keeps it up to date from another thread.

    `stale_max_s` is for how long it may answer without having heard from the database: a key that was revoked meanwhile
    must not open doors for long.
    """

    def __init__(self, digester: Digester, *, stale_max_s: float, allowances: Allowances = NO_LIMITS) -> None:
        self._digester, self._stale_max_s, self._allowances = digester, stale_max_s, allowances
        self._subtokens = Subtokens(digester.derive("subtoken"))
        self._accounts: dict[str, Account] = {}
        self._applications: dict[str, Application] = {}
        self._limits: dict[str, tuple[Application, tuple[Limit, ...]]] = {}
        self._keys: dict[str, Key] = {}
        self._refs: dict[bytes, str] = {}
        self._used: dict[str, float] = {}
        self._heard_at = float("-inf")

    # ------------------------------------------------------------------------------------ following

    def apply(self, facts: Iterable[Fact], *, fresh: bool = False) -> None:
        """Take in what changed; with `fresh` the facts are all there is. One thread at a time.

        What is known is then exchanged whole, whose it is before the keys themselves: nobody who asks meanwhile finds a good
        key refused.
        """
        if fresh:
            new = Register(self._digester, stale_max_s=self._stale_max_s, allowances=self._allowances)
            new.apply(facts)
            self._accounts, self._applications = new._accounts, new._applications
            self._limits, self._keys, self._refs = {}, new._keys, new._refs
            return
        for fact in facts:
            if fact.kind == "account":
                _put(self._accounts, fact)
            elif fact.kind == "application":
                _put(self._applications, fact)
                if fact.body is None:
                    self._limits.pop(fact.ref, None)
            elif fact.kind == "key":
                self._put_key(fact)

    def hear(self) -> None:
        """Note that what is known was up to date just now."""
        self._heard_at = time.monotonic()

    def take_uses(self) -> dict[str, float]:
        """When each key was used last, by its id, since this was asked last; UNIX times in seconds."""
        used, self._used = self._used, {}
        return used

    @property
    def ready(self) -> bool:
        """Whether everything has been heard once."""
        return self._heard_at > float("-inf")

    def _put_key(self, fact: Fact) -> None:
        before = self._keys.get(fact.ref)
        _put(self._keys, fact)
        after = self._keys.get(fact.ref)
        if after is not None:               # the new way in stands before the old one goes
            self._refs[bytes.fromhex(after.digest)] = fact.ref
        if before is not None and (after is None or after.digest != before.digest):
            self._refs.pop(bytes.fromhex(before.digest), None)

    # ------------------------------------------------------------------------------------ asking

    def identify(self, credentials: Iterable[Credential], request: Request) -> Caller:
        """The caller whom credentials prove; of several keys the first is counted, the last says for whom
        it acts. Raises `Refusal`."""
        given = tuple(credentials)
        if not given:
            return ANONYMOUS
        self._check_fresh()
        caller = ANONYMOUS
        for credential in given:
            if credential.kind == "application-id":
                ref, application = self._application(credential.text, request)
                caller = msgspec.structs.replace(caller, application=ref, limits=self._limits_of(ref, application),
                                                 version=application.version or None)
            elif credential.kind == "application-link":     # anybody follows it: nobody may use up the application's limits so
                caller = msgspec.structs.replace(caller, application=self._application(credential.text, None)[0])
            else:
                caller = self._holder(credential, caller, request)
        return caller

    def _check_fresh(self) -> None:
        if time.monotonic() - self._heard_at > self._stale_max_s:
            raise refuse(Code.NOT_READY, "keys cannot be checked at present", hint="Try again in a moment.",
                         facts={"retry_after_s": 1})

    def _application(self, text: str, request: Request | None) -> tuple[str, Application]:
        ref = text.lower()
        application = self._applications.get(ref)
        if application is None:
            raise refuse(Code.APPLICATION_INVALID, "unknown application", field="application_id",
                         hint="Use the id of an application of yours, from the Developer Room."
                         if is_application_id(text) else "This is no application id: copy it whole.")
        self._check_application(application, request, _facts(ref))
        return ref, application

    def _check_application(self, application: Application, request: Request | None, facts: dict[str, Any]) -> None:
        """See that an application may ask; without a request, whoever follows its link. Raises `Refusal`."""
        if application.blocked:
            raise refuse(Code.APPLICATION_BLOCKED, "the application is blocked",
                         hint="Its page in the Developer Room says why.", facts=facts)
        owner = self._accounts.get(str(application.account))
        if owner is None or owner.banned:
            raise refuse(Code.APPLICATION_BLOCKED, "the application's owner is banned", hint="Ask the operator of this API.",
                         facts=facts)
        if request is not None and application.type == "server" and not is_allowed(request.peer, application.addresses):
            raise refuse(Code.ADDRESS_NOT_ALLOWED, "the application may not be used from this address", value=request.peer,
                         hint="Add the address to the application's list in the Developer Room.", facts=facts)

    def _holder(self, credential: Credential, caller: Caller, request: Request) -> Caller:
        if credential.kind == Kind.GW2.value and looks_like_subtoken(credential.text):
            return self._derived(credential, request)
        kind = _kind_of(credential)
        ref = self._ref_of(kind, credential.text)
        key = self._keys.get(ref) if ref is not None else None
        if ref is None or key is None or key.kind != kind:
            message, hint = _unknown(kind, credential.text)
            raise refuse(Code.CREDENTIAL_INVALID, message, hint=hint,
                         facts=_facts(caller.application, kind=credential.kind, **_form(kind, credential.text)))
        if key.kind == Kind.ACCESS_TOKEN and caller.application not in (None, key.application):
            raise refuse(Code.CREDENTIAL_INVALID, "the token was given to another application",
                         hint="Send it with the id of the application that it was given to.",
                         facts=_facts(caller.application, kind=credential.kind))
        admitted = self._admit(ref, key, credential.kind, caller, request)
        if kind is Kind.ACCESS_TOKEN and not key.permissions:
            raise refuse(Code.PERMISSION_MISSING, "the token is for signing in alone: ask the account for a permission, too",
                         hint="Name a permission of the API among the scopes.",
                         facts=_facts(admitted.application, kind=credential.kind, key=ref))
        if kind is Kind.API_TOKEN:          # it says who asks; for whom, and what they may, a user token does (D1, D4)
            return msgspec.structs.replace(admitted, account=None, subject=None, permissions=frozenset())
        return admitted

    def _ref_of(self, kind: Kind | None, text: str) -> str | None:
        """The key of a secret: ours in any case of its letters, one made elsewhere only in the case that it has."""
        if kind is None or len(text) > _LENGTH_MAX:
            return None
        ref = self._refs.get(self._digester.digest(text)) if is_ours(kind, text) else None
        return ref or self._refs.get(self._digester.foreign(text))  # a foreign one may look like ours by chance

    def _admit(self, ref: str, key: Key, kind: str, caller: Caller, request: Request) -> Caller:
        """The caller that a known key makes. Raises `Refusal` with why it is worth nothing."""
        mine = key.application
        facts = _facts(mine or caller.application, kind=kind, key=ref)
        if key.state == "revoked":
            raise refuse(Code.CREDENTIAL_REVOKED, "the key was revoked", hint="Make a new one.", facts=facts)
        if key.state != "active":
            raise refuse(Code.CREDENTIAL_DISABLED, f"the key is disabled {_STATES[key.state]}",
                         hint="Enable it, or make a new one.", facts={**facts, "by": key.state})
        now = time.time()
        if key.expires_at is not None and key.expires_at <= now:
            raise refuse(Code.CREDENTIAL_EXPIRED, "the key has expired", hint="Make a new one.", facts=facts)
        account = self._accounts.get(str(key.account))
        if account is None or account.banned:
            raise refuse(Code.ACCOUNT_BANNED, "the owner of the key is banned", hint="Ask the operator of this API.",
                         facts=facts)
        known = caller.application is not None or caller.key is not None
        limits, version = caller.limits if known else self._allowances.of_key(ref), caller.version
        if mine is not None:
            application = self._known_application(mine, facts)
            self._check_application(application, request, facts)
            limits, version = self._limits_of(mine, application), application.version or None
        self._used[ref] = now
        return msgspec.structs.replace(
            caller, account=key.account, subject=account.subject, permissions=frozenset(key.permissions),
            key=caller.key or ref, application=mine or caller.application, limits=limits,
            version=version,
            expires_at=min((at for at in (caller.expires_at, key.expires_at) if at is not None), default=None),
        )

    def _limits_of(self, ref: str, application: Application) -> tuple[Limit, ...]:
        """What the calls of an application are counted against; worked out once, until it changes."""
        known = self._limits.get(ref)
        if known is None or known[0] is not application:        # it may change while they are worked out
            known = self._limits[ref] = application, self._allowances.of_application(ref, application)
        return known[1]

    def _known_application(self, ref: str, facts: dict[str, Any]) -> Application:
        application = self._applications.get(ref)
        if application is None:
            raise refuse(Code.APPLICATION_INVALID, "the application of this key is gone", hint="Sign in to another one.",
                         facts=facts)
        return application

    # ------------------------------------------------------------------------------------ keys that tell of themselves

    def _derived(self, credential: Credential, request: Request) -> Caller:
        """The caller of a key that was derived from another: as much as both allow, dead when the other is."""
        subtoken = self._subtokens.read(credential.text)
        parent = self._keys.get(subtoken.parent)
        if parent is None:
            raise _refused_parent()
        caller = self._admit(subtoken.parent, parent, credential.kind, ANONYMOUS, request)
        ends = [moment for moment in (subtoken.expires_at, caller.expires_at) if moment is not None]
        return msgspec.structs.replace(caller, permissions=caller.permissions & subtoken.permissions, urls=subtoken.urls,
                                       expires_at=min(ends, default=None))

    def describe(self, caller: Caller) -> KeyInfo:
        """What the caller's key is called, and what it may do. Raises `Refusal` where it is gone."""
        ref, key = self._key_of(caller)
        return KeyInfo(id=ref, name=key.name, permissions=caller.permissions)

    def derive(self, caller: Caller, permissions: frozenset[str], expires_at: float, urls: tuple[str, ...]) -> str:
        """A subtoken of the caller's key. Raises `Refusal` where that is gone."""
        ref, _ = self._key_of(caller)
        return self._subtokens.sign(Subtoken(parent=ref, permissions=permissions, expires_at=expires_at, urls=urls))

    def _key_of(self, caller: Caller) -> tuple[str, Key]:
        key = self._keys.get(caller.key or "")
        if caller.key is None or key is None:
            raise refuse(Code.CREDENTIAL_INVALID, "unknown key", hint="Send a key of yours.", facts={"kind": Kind.GW2.value})
        return caller.key, key


def _kind_of(credential: Credential) -> Kind | None:
    """What a secret is: an access token is known by its beginning where a convention has one place for keys and tokens (G6, W3)."""
    if credential.kind in _EITHER and is_ours(Kind.ACCESS_TOKEN, credential.text):
        return Kind.ACCESS_TOKEN
    return _KINDS.get(credential.kind)


def _unknown(kind: Kind | None, text: str) -> tuple[str, str]:
    """Why a secret that nobody has is worth nothing, and what to do: tokens that ended are forgotten."""
    if kind is Kind.ACCESS_TOKEN and is_ours(kind, text):
        return "the token has ended or was never given", "Renew it, or let the account sign in again."
    return "unknown key", "Copy the key whole, or make a new one."


def _form(kind: Kind | None, text: str) -> dict[str, int]:
    """How long a secret has to be, where this one is not."""
    length = expected_length(kind)
    return {} if length in (None, len(text)) else {"length": length}


def _facts(application: str | None, **facts: Any) -> dict[str, Any]:
    """What is told with a refusal: whose call it was by their public ids, as far as that is known, for whoever counts it."""
    return facts if application is None else {**facts, "application": application}


def _refused_parent() -> Refusal:
    return refuse(Code.CREDENTIAL_INVALID, "the key that this one was made from is gone", hint="Make a new one.",
                  facts={"kind": Kind.GW2.value})


def _put(known: dict[str, Any], fact: Fact) -> None:
    if fact.body is None:
        known.pop(fact.ref, None)
    else:
        known[fact.ref] = fact.body


@lru_cache(maxsize=4096)
def is_allowed(peer: str, networks: tuple[str, ...]) -> bool:
    """Whether a client's address lies in one of some networks; in none where its socket has no addresses."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in _networks(networks))


@lru_cache(maxsize=4096)
def _networks(texts: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
