"""From the raw parts of a request to a `Request`, for every lane; trusted proxies are heard here and nowhere else."""

from __future__ import annotations

import functools
import ipaddress
import os
import re
from collections.abc import Sequence

from ..credentials.secrets import Kind, is_ours
from ..exchange import Header, Request
from ..settings import Settings
from .authority import name_of, read_authority

_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^?#]*)")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SCHEMES = {b"http": "http", b"https": "https"}
_HOSTS_KEPT_MAX = 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class HeadReader:
    """Builds requests; one a process, as it draws ids from a store of random bytes."""

    def __init__(self, settings: Settings) -> None:
        self._clusters = {
            host.lower().rstrip("."): name for name, cluster in settings.clusters.items() for host in cluster.hosts
        }
        self._clustered = bool(settings.clusters)
        self._proxies = TrustedProxies(settings.http.trusted_proxies)
        self._hosts: dict[bytes, tuple[str, str]] = {}
        self._ids: list[str] = []

    def read(
        self, verb: str, target: bytes, query: bytes, headers: Sequence[Header], peer: str, scheme: str,
    ) -> Request:
        """The request behind a verb, a target without its query, and headers by lower-case name, in the order sent."""
        found = dict(headers)
        if len(found) != len(headers):
            found = _join(headers)
        if b"_" in b" ".join(found):                # a proxy that maps `-` to `_` would take them for the true names
            found = {name: value for name, value in found.items() if b"_" not in name}
        if target[:1] != b"/":
            target = _take_authority(target, found)
        host = found.get(b"host", b"")
        name, cluster = self._hosts.get(host) or self._place(host)
        request = Request(
            verb=verb, path=target, query=query, headers=found, peer=peer, scheme=scheme, host=name, cluster=cluster,
            id=self._ids.pop() if self._ids else self._draw(),
        )
        if self._proxies and self._proxies.include(peer):
            self._hear(request)
        return request

    def _place(self, host: bytes) -> tuple[str, str]:
        """The authority and its cluster; both empty for what is none, the cluster for what belongs to none."""
        name = read_authority(host) or ""
        unknown = "" if self._clustered else "default"
        cluster = self._clusters.get(name) or self._clusters.get(name_of(name), unknown)
        if len(self._hosts) >= _HOSTS_KEPT_MAX:     # anybody may send any name: what is kept of them is bounded
            self._hosts.clear()
        self._hosts[host] = (name, cluster)
        return name, cluster

    def _draw(self) -> str:
        """An id of 64 random bits, drawn by the hundred: the system call costs more than all the rest."""
        drawn = os.urandom(8 * 256).hex()
        self._ids = [drawn[start:start + 16] for start in range(0, len(drawn), 16)]
        return self._ids.pop()

    def _hear(self, request: Request) -> None:
        """Believe what a trusted proxy says of the client, the last word first."""
        headers = request.headers
        request.peer = self._proxies.client(headers.get(b"x-forwarded-for", b""), request.peer)
        request.scheme = _SCHEMES.get(_last(headers.get(b"x-forwarded-proto", b"")).lower(), request.scheme)
        host = _last(headers.get(b"x-forwarded-host", b""))
        if host:
            name, cluster = self._hosts.get(host) or self._place(host)
            if name:
                request.host, request.cluster = name, cluster
        id = headers.get(b"x-request-id", b"")
        if _REQUEST_ID.fullmatch(id):
            text = id.decode("ascii")
            if not text.startswith("drg_") and not any(is_ours(kind, text) for kind in Kind):   # a client said it, and it stands in logs
                request.id = text


class TrustedProxies:
    """The networks whose word on the client is believed; empty means nobody's."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(network, strict=False) for network in networks]
        self.include = functools.lru_cache(maxsize=4096)(self._include)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def _include(self, peer: str) -> bool:
        address = _read_address(peer)
        return address is not None and any(address in network for network in self._networks)

    def client(self, forwarded: bytes, peer: str) -> str:
        """The nearest address that no trusted proxy vouches for as one of its own: `X-Forwarded-For` from the right."""
        client = peer
        for entry in reversed(forwarded.split(b",")):
            address = _read_address(_strip_port(entry.strip().decode("latin-1")))
            if address is None:
                break
            client = str(address)
            if not self.include(client):
                break
        return client


def _join(headers: Sequence[Header]) -> dict[bytes, bytes]:
    """Headers by name; repeated ones joined by a comma (RFC 9110, 5.3), cookies by a semicolon (RFC 9113, 8.2.3)."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in found:
            found[name] += (b"; " if name == b"cookie" else b", ") + value
        else:
            found[name] = value
    return found


def _take_authority(target: bytes, headers: dict[bytes, bytes]) -> bytes:
    """The path of a target that is no path; the authority of an absolute one beats `Host` (RFC 9112, 3.2.2)."""
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        return target
    headers[b"host"] = absolute[1]
    return absolute[2] or b"/"


def _last(value: bytes) -> bytes:
    return value.rpartition(b",")[2].strip()


def _read_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address; one that maps IPv4 into IPv6 is the same client as without."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _strip_port(text: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` without the port that some proxies add."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
