"""The address list of a server application, and everybody who would like to pass it by: forged headers, other forms of an address."""

# ruff: noqa: E501  # a table is read by its columns
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from .stand import BASE, PROXY, Stand

LISTED = ("192.0.2.7", "198.51.100.16/28", "2001:db8::5", "2001:db8:1::/48", "::ffff:203.0.113.9")
FORGED = "192.0.2.7"
"""An address that is on the list."""


@dataclass
class Gate:
    """An application with its list, asked from different places of this machine."""

    url: str
    clients: dict[str, httpx.Client]

    def admits(self, client: str, *headers: tuple[str, str]) -> bool:
        """Whether a call is past the list: then it is told what comes next, that it has no token."""
        answer = self.clients[client].get(self.url, headers=[(name.encode(), text.encode("latin-1")) for name, text in headers])
        error = answer.json()["error"]
        if error["message"] == "ACCESS_TOKEN_NOT_SPECIFIED":
            return True
        assert error["message"] == "INVALID_IP_ADDRESS"
        assert (error["field"], error["code"]) == (None, 407)
        return False


@pytest.fixture(scope="module")
def gate(stand: Stand) -> Iterator[Gate]:
    """A proxy that is trusted, and a stranger who says the same."""
    id = stand.application("--type", "server", *(part for address in LISTED for part in ("--address", address)))
    clients = {name: httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=30)
               for name, address in (("proxy", PROXY), ("stranger", "127.0.0.3"))}
    yield Gate(f"{stand.server.url}{BASE}/account/mine/?application_id={id}", clients)
    for client in clients.values():
        client.close()


@pytest.mark.covers("L5")
@pytest.mark.parametrize(("address", "listed"), [
    ("192.0.2.7", True), ("192.0.2.8", False), ("198.51.100.16", True), ("198.51.100.31", True), ("198.51.100.32", False), ("198.51.100.15", False),
    ("2001:db8::5", True), ("2001:0DB8:0:0::0005", True), ("2001:db8::6", False), ("2001:db8:1:ffff::1", True), ("2001:db8:2::1", False),
    ("::ffff:192.0.2.7", True), ("::ffff:198.51.100.20", True), ("::ffff:192.0.2.8", False), ("203.0.113.9", True), ("::ffff:203.0.113.9", True),
    ("::192.0.2.7", False), ("[2001:db8::5]:4711", True), ("192.0.2.7:4711", True),
])
def test_an_address_is_listed_in_whatever_form_it_comes(gate: Gate, address: str, listed: bool) -> None:
    """IPv4, IPv6, networks of both, IPv4 mapped into IPv6, with a port, as a trusted proxy says it; a stranger's word is nothing."""
    assert gate.admits("proxy", ("X-Forwarded-For", address)) == listed
    assert not gate.admits("stranger", ("X-Forwarded-For", address))


@pytest.mark.covers("L5")
@pytest.mark.parametrize("headers", [
    # what a client wrote itself, before its true address, which the proxy adds
    [("X-Forwarded-For", f"{FORGED}, 10.9.9.9")],
    [("X-Forwarded-For", f"{FORGED}"), ("X-Forwarded-For", "10.9.9.9")],
    [("X-Forwarded-For", f"{FORGED}, {FORGED}, 10.9.9.9")],
    [("X-Forwarded-For", f"127.0.0.2, {FORGED}, 10.9.9.9")],
    # a chain of proxies: what is before the first stranger is hearsay
    [("X-Forwarded-For", f"{FORGED}, 10.9.9.9, 127.0.0.2")],
    # no addresses
    [("X-Forwarded-For", f"{FORGED}, unknown")], [("X-Forwarded-For", f"{FORGED},")], [("X-Forwarded-For", f"{FORGED} 10.9.9.9")],
    [("X-Forwarded-For", f"{FORGED}/32")], [("X-Forwarded-For", "0xC0.0.2.7")], [("X-Forwarded-For", "192.0.2.007")],
    [("X-Forwarded-For", "3221225991")], [("X-Forwarded-For", f"{FORGED}%eth0")], [("X-Forwarded-For", "\xb9\xb2")], [("X-Forwarded-For", "")],
    # other names for the same
    [("X-Forwarded-For", "10.9.9.9"), ("X_Forwarded_For", FORGED)], [("X_Forwarded_For", FORGED)],
    [("Forwarded", f"for={FORGED}")], [("X-Real-IP", FORGED)], [("X-Client-IP", FORGED)], [("True-Client-IP", FORGED)],
    [("CF-Connecting-IP", FORGED)], [("Client-IP", FORGED)], [("Via", f"1.1 {FORGED}")], [("X-Forwarded-Host", FORGED)],
])
def test_no_header_that_a_client_forges_passes_the_list(gate: Gate, headers: list[tuple[str, str]]) -> None:
    """Neither through a trusted proxy nor directly."""
    assert not gate.admits("proxy", *headers)
    assert not gate.admits("stranger", *headers)


@pytest.mark.covers("L5")
def test_the_nearest_address_that_no_trusted_proxy_has_is_the_clients(gate: Gate) -> None:
    """Proxies of one's own may stand in a row, and what a client says of itself before them counts for nothing."""
    for chain in (f"{FORGED}, 127.0.0.2", f"10.9.9.9, {FORGED}", f"10.9.9.9, {FORGED}, 127.0.0.2, 127.0.0.2"):
        assert gate.admits("proxy", ("X-Forwarded-For", chain))
        assert not gate.admits("stranger", ("X-Forwarded-For", chain))


def test_the_address_that_is_seen_is_told(gate: Gate) -> None:
    """So that its developer can list it."""
    for client, header, seen in (("proxy", "192.0.2.8", "192.0.2.8"), ("proxy", "::ffff:192.0.2.8", "192.0.2.8"),
                                 ("stranger", FORGED, "127.0.0.3")):
        answer = gate.clients[client].get(gate.url, headers={"X-Forwarded-For": header})
        assert answer.json()["error"] == {"field": None, "message": "INVALID_IP_ADDRESS", "code": 407, "value": seen}
