"""The grammar of an authority."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.serving.authority import name_of, read_authority


@pytest.mark.parametrize("value", [
    b"example.org", b"EXAMPLE.org:80", b"a", b"a:", b"127.0.0.1:8000", b"[::1]", b"[2001:db8::1]:443", b"[v7.a:b]",
    b"a%20b", b"a_b", b"~!$&'()*+,;=", b"xn--e1afmkfd.example", b"example.org.:65535", b"a:00080",
])
def test_what_the_grammar_knows_is_read_in_lower_case(value: bytes) -> None:
    """RFC 3986, 3.2.2 and 3.2.3."""
    assert read_authority(value) == value.decode().lower()


@pytest.mark.parametrize("value", [
    b"", b":80", b"a b", b"a@b", b"u:p@a", b"a/b", b"a?b", b"a#b", b"a:b", b"a:-1", b"a:65536", b"a:000080", b"a:1:2",
    b"::1", b"[::1", b"::1]", b"[]", b"[::1]x", b"[1.2.3.4]", b"[::1%25eth0]", b"[fe80::1%eth0]", b"[v.a]", b"[vz.a]",
    b"a%4", b"a%zz", b"a\tb", b"a\0b", b"a\nb", b"\xff", b"a\\b", b'"a"', b"<a>", b"a|b", b"a^b", b"a`b", b"{a}",
    b"a" * 262,
])
def test_what_it_does_not_know_is_none(value: bytes) -> None:
    """And what an http address cannot have: an empty host, userinfo, a port past 65535."""
    assert read_authority(value) is None


@given(st.binary(max_size=40))
def test_nothing_makes_it_raise(value: bytes) -> None:
    """Whatever comes is read or is none; what is read can be read again, and has a name."""
    found = read_authority(value)
    if found is not None:
        assert read_authority(found.encode()) == found
        assert name_of(found)


@pytest.mark.parametrize(("authority", "name"), [
    ("a.example:80", "a.example"), ("a.example.", "a.example"), ("a.example.:80", "a.example"), ("[::1]:80", "[::1]"),
    ("[::1]", "[::1]"), ("a:", "a"),
])
def test_the_name_is_without_port_and_last_dot(authority: str, name: str) -> None:
    """It is what settings name."""
    assert name_of(authority) == name
