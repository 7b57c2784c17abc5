"""From raw parts to a request."""

from __future__ import annotations

import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.serving.head import HeadReader
from dragoman.settings import Cluster, Http, Settings

HOST = (b"host", b"a.example")


def read(reader: HeadReader, *headers: tuple[bytes, bytes], target: bytes = b"/v2/x", peer: str = "192.0.2.1"):
    return reader.read("GET", target, b"id=1", [HOST, *headers], peer, "http")


def trusting(*networks: str) -> HeadReader:
    return HeadReader(Settings(http=Http(trusted_proxies=networks)))


def test_the_parts_are_taken_as_they_are() -> None:
    """Nothing is decoded."""
    request = read(HeadReader(Settings()), (b"accept", b"*/*"), target=b"/v2/%41%2f")
    assert (request.verb, request.path, request.query) == ("GET", b"/v2/%41%2f", b"id=1")
    assert request.headers == {b"host": b"a.example", b"accept": b"*/*"}
    assert (request.peer, request.scheme, request.host, request.cluster) == (
        "192.0.2.1", "http", "a.example", "default")


def test_ids_are_sixteen_digits_and_never_come_twice() -> None:
    """Across the stores of random bytes that they are drawn from, and across readers."""
    readers = [HeadReader(Settings()), HeadReader(Settings())]
    ids = {read(reader).id for reader in readers for _ in range(1_000)}
    assert len(ids) == 2_000
    assert {len(id) for id in ids} == {16}


def test_repeated_headers_are_joined_in_their_order() -> None:
    """By a comma; cookies by a semicolon."""
    request = read(HeadReader(Settings()), (b"a", b"1"), (b"cookie", b"x=1"), (b"a", b"2"), (b"cookie", b"y=2"))
    assert request.headers[b"a"] == b"1, 2"
    assert request.headers[b"cookie"] == b"x=1; y=2"


def test_names_with_underscores_are_dropped() -> None:
    """A gateway that turns `-` into `_` would take them for others."""
    assert b"x_real_ip" not in read(HeadReader(Settings()), (b"x_real_ip", b"1")).headers


@pytest.mark.parametrize(("target", "path", "host"), [
    (b"http://b.example/v2/y", b"/v2/y", "b.example"), (b"HTTPS://B.example:1", b"/", "b.example:1"),
    (b"*", b"*", "a.example"), (b"//v2", b"//v2", "a.example"), (b"/http://b.example/", b"/http://b.example/", "a.example"),
])
def test_the_authority_of_an_absolute_target_beats_host(target: bytes, path: bytes, host: str) -> None:
    """RFC 9112, 3.2.2."""
    request = read(HeadReader(Settings()), target=target)
    assert (request.path, request.host) == (path, host)


@pytest.mark.parametrize(("host", "cluster"), [
    (b"eu.example", "eu"), (b"EU.Example:8000", "eu"), (b"eu.example.", "eu"), (b"na.example:9", "na"),
    (b"na.example", ""), (b"x.example", ""), (b"a b", ""), (b"", ""),
])
def test_the_host_chooses_the_cluster(host: bytes, cluster: str) -> None:
    """With any port, or the one that is named; an unknown host belongs to none."""
    settings = Settings(clusters={"eu": Cluster(hosts=("EU.example",)), "na": Cluster(hosts=("na.example:9",))})
    request = HeadReader(settings).read("GET", b"/", b"", [(b"host", host)], "", "http")
    assert request.cluster == cluster


def test_hosts_that_were_seen_are_not_kept_without_end() -> None:
    """Anybody may send any host."""
    reader = HeadReader(Settings())
    for number in range(5_000):
        reader.read("GET", b"/", b"", [(b"host", b"h%d.example" % number)], "", "http")
    assert len(reader._hosts) <= 1_024


@pytest.mark.parametrize(("forwarded", "client"), [
    (b"198.51.100.1", "198.51.100.1"), (b"203.0.113.9, 198.51.100.1", "198.51.100.1"),
    (b"198.51.100.1, 10.0.0.3", "198.51.100.1"), (b"198.51.100.1:4711, 10.0.0.3", "198.51.100.1"),
    (b"[2001:db8::5]:80", "2001:db8::5"), (b"2001:db8::5", "2001:db8::5"), (b"::ffff:198.51.100.1", "198.51.100.1"),
    (b"10.0.0.2, 10.0.0.3", "10.0.0.2"), (b"", "10.0.0.1"), (b"unknown, 10.0.0.3", "10.0.0.3"),
    (b"198.51.100.1, nonsense", "10.0.0.1"), (b"198.51.100.1,", "10.0.0.1"), (b"1, \xff", "10.0.0.1"),
])
def test_the_client_is_the_nearest_address_that_is_no_proxy_of_ours(forwarded: bytes, client: str) -> None:
    """What stands left of it was written by strangers; what is no address ends the chain."""
    assert read(trusting("10.0.0.0/8"), (b"x-forwarded-for", forwarded), peer="10.0.0.1").peer == client


def test_a_proxy_that_came_over_ipv6_is_the_same() -> None:
    """`::ffff:10.0.0.1` is 10.0.0.1."""
    headers = (b"x-forwarded-for", b"198.51.100.1")
    assert read(trusting("10.0.0.1"), headers, peer="::ffff:10.0.0.1").peer == "198.51.100.1"


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "unix:", "10.0.0.1x"])
def test_strangers_are_not_believed(peer: str) -> None:
    """Whatever they claim."""
    request = read(trusting("10.0.0.0/8"), (b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-proto", b"https"),
                   (b"x-forwarded-host", b"evil.example"), (b"x-request-id", b"mine"), peer=peer)
    assert (request.peer, request.scheme, request.host) == (peer, "http", "a.example")
    assert request.id != "mine"


@pytest.mark.parametrize("id", [b"", b"a b", b"a" * 65, b"a\n", b"\xff", b"a,b", b'"'])
def test_an_id_of_a_proxy_must_look_like_one(id: bytes) -> None:
    """It goes into headers and logs."""
    assert read(trusting("10.0.0.1"), (b"x-request-id", id), peer="10.0.0.1").id != id.decode("latin-1")


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=12), st.binary(max_size=40)), max_size=8), st.binary(max_size=60))
def test_nothing_makes_it_raise(headers: list[tuple[bytes, bytes]], target: bytes) -> None:
    """Servers differ in what they let pass."""
    names = [b"x-forwarded-for", b"x-forwarded-host", b"x-request-id", b"host", b"x-forwarded-proto"]
    chosen = [(names[len(name) % 5], value) for name, value in headers]
    trusting("10.0.0.1").read("GET", target, b"", chosen + headers, "10.0.0.1", "http")


def test_it_is_fast() -> None:
    """It runs for every request: some three microseconds; the bound allows for a busy machine."""
    reader = HeadReader(Settings())
    headers = [HOST, (b"user-agent", b"x"), (b"accept", b"*/*"), (b"accept-encoding", b"gzip"), (b"connection", b"close")]
    runs = timeit.repeat(
        lambda: reader.read("GET", b"/v2/x", b"", headers, "192.0.2.1", "http"), number=2_000, repeat=7)
    assert min(runs) / 2_000 < 20e-6
