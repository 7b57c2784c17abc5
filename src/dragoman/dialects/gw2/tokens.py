"""What a key tells of itself, and how it makes weaker ones: `tokeninfo` and `createsubtoken`, always served (G8)."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence

from ...catalog.catalog import Catalog
from ...catalog.record import Record
from ...contracts import Keys
from ...errors import Code, Refusal, refuse
from ...formats.form import unquote_path
from ...query import Caller

LIFE_S = 86_400.0
"""How long a subtoken lives that was asked for without an end."""

_URLS_MAX_BYTES = 800
"""A subtoken carries its paths with it, in a header or an address."""


class TokenInfo(Record):
    """A key, without its secret."""

    id: str
    name: str
    permissions: list[str]


class Subtoken(Record):
    """A weaker key."""

    subtoken: str


def catalog_of(keys: Keys, languages: Sequence[str]) -> Catalog:
    """The two methods as a catalog; clients may name any language of what is published, though nothing here has one."""
    catalog = Catalog("gw2-keys", title="Keys", languages=languages or ("en",))

    @catalog.method("tokeninfo", authenticated=True)
    async def tokeninfo(caller: Caller) -> TokenInfo:
        """The key that you send: its id, its name and what it allows."""
        info = keys.describe(caller)
        return TokenInfo(id=info.id, name=info.name, permissions=sorted(info.permissions))

    @catalog.method("createsubtoken", authenticated=True)
    async def createsubtoken(
        caller: Caller, expire: datetime.datetime | None = None, permissions: str | None = None, urls: str | None = None,
    ) -> Subtoken:
        """A key that may do some of what yours may, at some addresses, for some time; it ends with yours at the latest."""
        some = _permissions(permissions, caller)
        return Subtoken(subtoken=keys.derive(caller, some, _end(expire, caller), _urls(urls, caller)))

    return catalog.load()


def _permissions(texts: str | None, caller: Caller) -> frozenset[str]:
    """Some of the caller's permissions; all where none are named."""
    if texts is None:
        return caller.permissions
    asked = frozenset(part.strip() for part in texts.split(",") if part.strip())
    missing = sorted(asked - caller.permissions)
    if missing:
        raise _wrong("permissions", "your key has no such permission", missing[0],
                     f"Use some of {', '.join(sorted(caller.permissions))}." if caller.permissions else "Leave it out.")
    return asked


def _end(expire: datetime.datetime | None, caller: Caller) -> float:
    """UNIX time in seconds, never after the end of the caller's key."""
    now = time.time()
    end = now + LIFE_S if expire is None else expire.timestamp()
    if end <= now:
        raise _wrong("expire", "this time is past", str(expire), "Name a time to come, such as 2030-01-01T00:00:00Z.")
    return end if caller.expires_at is None else min(end, caller.expires_at)


def _urls(texts: str | None, caller: Caller) -> tuple[str, ...]:
    """The paths, percent-decoded, that the caller's key reaches itself; its own where none are named."""
    asked = tuple(dict.fromkeys(_url(part.strip()) for part in (texts or "").split(",") if part.strip()))
    far = next((url for url in asked if not caller.reaches(url)), None)
    if far is not None:
        raise _wrong("urls", "your key is limited to other endpoints", far, f"Use paths below {', '.join(caller.urls)}.")
    if sum(len(url.encode()) for url in asked) > _URLS_MAX_BYTES:
        raise _wrong("urls", "too many", str(len(asked)), f"Name paths of at most {_URLS_MAX_BYTES} bytes together.")
    return asked or caller.urls


def _url(text: str) -> str:
    plain = unquote_path(text.encode()).rstrip("/")
    if not plain.startswith("/") or "?" in text or "#" in text:
        raise _wrong("urls", "not a path", text, "Write paths such as /v2/characters, percent-encoded, without parameters.")
    return plain


def _wrong(field: str, message: str, value: str, hint: str) -> Refusal:
    return refuse(Code.PARAMETER_INVALID, message, field=field, value=value, hint=hint)
