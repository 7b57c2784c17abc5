"""What the services take, and what they refuse with which words, as far as no row is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman.errors import SettingsError


@pytest.mark.parametrize("duration", ["", "0d", "90", "d", "-3d", "９d", "1000000d", "1.5h", "soon", "90d\n1"])
def test_a_duration_that_is_none_is_refused_with_the_remedy(duration: str) -> None:
    """Whatever it looks like."""
    from dragoman.control.keys.services import read_duration

    with pytest.raises(SettingsError, match="such as 90d"):
        read_duration(duration)


def test_durations_are_read_in_seconds_minutes_hours_days_and_weeks() -> None:
    """With and without a space."""
    from dragoman.control.keys.services import read_duration

    assert [read_duration(text).total_seconds() for text in ("5s", "2m", "12h", "90 d", "1w")] == [
        5, 120, 43_200, 7_776_000, 604_800]


@pytest.mark.parametrize("text", [
    "", "a,b\n1,2\n", "kind,sha256\n", '{"kind": "gw2"', '{"kind": "gw2", "sha257": "x"}', "[" * 9_000, '{"a":' * 9_000,
    'kind,sha256,account\n"gw2', "kind,sha256,account\ngw2,1,2,3,4\n", '{"kind":1,"sha256":"","account":""}', "{}\0",
])
def test_a_file_that_is_no_list_of_keys_is_told_apart_from_one(tmp_path: Path, text: str) -> None:
    """Refused, whole or by its lines; never with a traceback, never taken for keys."""
    from dragoman.control.keys.importing import import_keys, read

    (tmp_path / "odd").write_text(text)
    with pytest.raises(SettingsError):
        import_keys(read(tmp_path / "odd"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """With the encoding that would be right."""
    from dragoman.control.keys.importing import read

    (tmp_path / "binary").write_bytes(b"\xff\xfe\0")
    with pytest.raises(SettingsError, match="UTF-8"):
        read(tmp_path / "binary")


def test_a_table_and_a_list_of_objects_say_the_same(tmp_path: Path) -> None:
    """With a byte order mark, quotes, empty cells and empty lines; each row knows its line."""
    from dragoman.control.keys.importing import read

    (tmp_path / "csv").write_text('\ufeffkind,sha256,account,name,permissions\ngw2,ab,alice,"A, b",x y\n\ngw2,cd,alice,,\n')
    (tmp_path / "ndjson").write_text('{"kind":"gw2","sha256":"ab","account":"alice","name":"A, b","permissions":["x","y"]}\n\n'
                                     '{"kind":"gw2","sha256":"cd","account":"alice"}')
    table, objects = read(tmp_path / "csv"), read(tmp_path / "ndjson")
    assert [(row.sha256, row.name, row.names) for _, row in table.good] == [("ab", "A, b", ["x", "y"]), ("cd", "", [])]
    assert [(row.sha256, row.name, row.names) for _, row in objects.good] == [("ab", "A, b", ["x", "y"]), ("cd", "", [])]
    assert ([line for line, _ in table.good], [line for line, _ in objects.good]) == ([2, 4], [1, 3])


# -------------------------------------------------------------------------------------------- addresses


def test_addresses_are_kept_in_one_form_each_once() -> None:
    """IPv4 and IPv6, alone and as networks."""
    from dragoman.control.applications.addresses import check_addresses

    texts = [" 192.0.2.7 ", "192.0.2.7/32", "", "198.51.100.0/24", "2001:DB8::1", "2001:db8:0::/48"]
    assert check_addresses(texts, "server") == ["192.0.2.7", "198.51.100.0/24", "2001:db8::1", "2001:db8::/48"]
    mapped = ["::ffff:192.0.2.7", "192.0.2.7", "::FFFF:198.51.100.0/120", "::ffff:c633:6400/120"]
    assert check_addresses(mapped, "server") == ["192.0.2.7", "198.51.100.0/24"]
    assert check_addresses(["::/64"], "server") == ["::/64"]


@pytest.mark.parametrize("text", ["nonsense", "300.1.1.1", "192.0.2.7/33", "10.0.0.1/8", "::g", "1", "192.0.2.1-9", "example.org",
                                  "192.0.2.٧", "<script>", "0x7f.1", "192.0.2.7, 192.0.2.8"])
def test_nonsense_in_an_address_list_is_named_entry_by_entry(text: str) -> None:
    """Each wrong one in a line of its own, with what would be right."""
    from dragoman.control.applications.addresses import check_addresses

    with pytest.raises(SettingsError) as raised:
        check_addresses(["192.0.2.7", text, "other nonsense"], "server")
    told = str(raised.value).split("\n")
    assert len(told) == 2
    assert told[0].startswith(f"“{text}”")
    assert "write" in told[0]


def test_a_network_whose_host_bits_are_set_is_met_with_the_network() -> None:
    """That is what was meant."""
    from dragoman.control.applications.addresses import check_addresses

    with pytest.raises(SettingsError, match=r"write 10\.0\.0\.0/8"):
        check_addresses(["10.0.0.1/8"], "server")


def test_five_addresses_are_enough_and_a_standalone_application_has_none() -> None:
    """The setting's default."""
    from dragoman.control.applications.addresses import check_addresses

    five = [f"192.0.2.{number}" for number in range(1, 6)]
    assert check_addresses(five, "server") == five
    assert check_addresses([], "standalone") == []
    with pytest.raises(SettingsError, match="At most 5"):
        check_addresses([*five, "192.0.2.6"], "server")
    with pytest.raises(SettingsError, match="from anywhere"):
        check_addresses(five, "standalone")


@pytest.mark.parametrize("text", [
    "https://example.org/signed-in", "https://example.org", "https://sub.example.org:8443/a/b?c=d&e=%20f", "https://192.0.2.7/x",
    "http://127.0.0.1:3000/callback", "http://localhost/", "http://[::1]:8080/", "https://[2001:db8::1]/",
])
def test_exact_addresses_are_taken_as_they_are(text: str) -> None:
    """https anywhere, http on the very machine."""
    from dragoman.control.applications.addresses import check_redirects

    assert check_redirects([text]) == [text]


@pytest.mark.parametrize("text", [
    "http://example.org/", "https://*.example.org/", "https://example.org/*", "https://example.org/#top", "https://user@example.org/",
    "https://user:word@example.org/", "https://example.org@evil.example/", "javascript:alert(1)", "data:text/html,x", "//example.org/",
    "/signed-in", "example.org", "https://", "https:///x", "https://example.org:99999/", "https://example.org:0/", "https://exa mple.org/",
    "https://пример.рф/", "https://example.org\\@evil.example/", 'https://example.org/"><script>', "ftp://example.org/",
    "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "https://-.example/", "https://example..org/", "https://[::1",
    "https://[::1%25eth0]/", "https://example.org/" + "x" * 500, "http://2130706433/", "https://example.org/\x00",
])
def test_what_is_no_exact_safe_address_is_refused_with_the_remedy(text: str) -> None:
    """A stranger must never get a code by a redirect."""
    from dragoman.control.applications.addresses import check_redirects

    with pytest.raises(SettingsError) as raised:
        check_redirects(["https://example.org/", text])
    assert len(str(raised.value).split("\n")) == 1


# -------------------------------------------------------------------------------------------- roles


def test_each_role_may_do_what_the_next_lower_one_may_and_the_owner_everything() -> None:
    """And the table leaves no role and no act out."""
    from dragoman.control.applications.models import Role
    from dragoman.control.applications.roles import MAY, Act

    assert set(MAY) == set(Role)
    assert MAY[Role.VIEWER] < MAY[Role.DEVELOPER] < MAY[Role.MANAGER] < MAY[Role.OWNER] == set(Act)
    assert {Act.TRANSFER, Act.DELETE} & MAY[Role.MANAGER] == set()
    assert {Act.SECRETS, Act.MEMBERS} & MAY[Role.DEVELOPER] == set()


def test_terms_that_cannot_be_put_in_force_are_refused_in_the_operators_language() -> None:
    """As everything else that pages tell."""
    from django.utils import translation

    from dragoman.control.accounts import terms

    with translation.override("ru"), pytest.raises(SettingsError, match="Условия использования"):
        terms.publish(" ")
