"""Secrets: their forms, their checksums, and the digests under which they are kept."""

import hashlib
import re
import stat
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.credentials.secrets import Digester, Kind, is_application_id, is_ours, load_key, mint, mint_application_id
from dragoman.errors import SettingsError

FORMS = {
    Kind.GW2: r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{20}(-[0-9A-F]{4}){3}-[0-9A-F]{12}",
    Kind.API_TOKEN: r"drg_api_[0-9a-f]{120}", Kind.USER_TOKEN: r"drg_usr_[0-9a-f]{120}", Kind.REMOTE_AUTH: r"[0-9a-f]{32}",
    Kind.APPLICATION_SECRET: r"drg_app_[0-9a-f]{56}",
    Kind.ACCESS_TOKEN: r"drg_acc_[0-9a-f]{120}", Kind.REFRESH_TOKEN: r"drg_ref_[0-9a-f]{120}",
}
LENGTHS = {Kind.GW2: 72, Kind.API_TOKEN: 128, Kind.USER_TOKEN: 128, Kind.REMOTE_AUTH: 32, Kind.APPLICATION_SECRET: 64,
           Kind.ACCESS_TOKEN: 128, Kind.REFRESH_TOKEN: 128}


@pytest.mark.parametrize("kind", Kind)
def test_a_secret_has_the_form_that_clients_know(kind):
    secret = mint(kind)
    assert len(secret) == LENGTHS[kind]
    assert re.fullmatch(FORMS[kind], secret)
    assert is_ours(kind, secret)


@pytest.mark.parametrize("kind", Kind)
def test_two_secrets_are_never_alike(kind):
    assert len({mint(kind) for _ in range(1_000)}) == 1_000


@pytest.mark.parametrize("kind", Kind)
def test_case_means_nothing(kind):
    secret = mint(kind)
    assert is_ours(kind, secret.upper())
    assert is_ours(kind, secret.lower())
    digester = Digester(b"k" * 32)
    assert digester.digest(secret.upper()) == digester.digest(secret.lower())


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REMOTE_AUTH])
@given(position=st.integers(0, 71), other=st.sampled_from("0123456789abcdef"))
def test_one_wrong_digit_is_told_from_the_checksum(kind, position, other):
    secret = mint(kind).lower()
    place = position % len(secret)
    broken = secret[:place] + other + secret[place + 1:]
    assert is_ours(kind, broken) == (broken.replace("-", "") == secret.replace("-", ""))


@given(st.text(max_size=200), st.sampled_from(Kind))
def test_no_other_text_is_taken_for_one_of_ours(text, kind):
    assert not is_ours(kind, text)


def test_an_application_id_is_lower_case_and_never_demo():
    ids = {mint_application_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(re.fullmatch("[0-9a-f]{32}", id) and is_application_id(id) for id in ids)
    assert not is_application_id("demo")


def test_a_digest_depends_on_the_key_of_the_server():
    assert Digester(b"a" * 32).digest("x") != Digester(b"b" * 32).digest("x")


def test_a_digest_made_elsewhere_is_the_same_as_ours():
    digester = Digester(b"k" * 32)
    assert digester.import_digest(hashlib.sha256(b"Old-Key").digest()) == digester.foreign("Old-Key")
    assert digester.foreign("Old-Key") != digester.foreign("old-key")


def test_derived_keys_tell_nothing_of_each_other():
    digester = Digester(b"k" * 32)
    assert len({digester.derive("django"), digester.derive("subtoken"), digester.digest("django")}) == 3


@pytest.mark.parametrize("text", ["\udcff", "\ud800" * 9, "Ж" * 99])
def test_any_text_has_a_digest(text):
    assert len(Digester(b"k" * 32).digest(text)) == 32


class TestTheKeyOfTheServer:
    """Made once, kept, and the same for all who ask."""

    def test_one_that_is_set_is_taken(self, tmp_path):
        assert load_key("s" * 32, tmp_path) == b"s" * 32
        assert not list(tmp_path.iterdir())

    def test_one_that_is_too_short_is_refused(self, tmp_path):
        with pytest.raises(SettingsError, match="32 random characters"):
            load_key("short", tmp_path)

    def test_it_is_made_once_for_its_owner_alone(self, tmp_path):
        made = load_key("", tmp_path / "new")
        assert load_key("", tmp_path / "new") == made
        assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600

    def test_many_at_once_agree_on_one(self, tmp_path):
        found = []
        threads = [threading.Thread(target=lambda: found.append(load_key("", tmp_path))) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(found) == 16
        assert len(set(found)) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]

    def test_a_damaged_one_stops_the_start(self, tmp_path):
        (tmp_path / "secret.key").write_bytes(b"")
        with pytest.raises(SettingsError, match="backup"):
            load_key("", tmp_path)


def test_a_key_of_the_server_that_is_gone_is_not_made_anew_in_silence(tmp_path):
    """Every key that was issued would be unknown from then on."""
    made = load_key("", tmp_path)
    assert load_key("", tmp_path) == made
    (tmp_path / "control.db").touch()
    assert load_key("", tmp_path) == made
    (tmp_path / "secret.key").unlink()
    with pytest.raises(SettingsError, match="bring it back from a backup"):
        load_key("", tmp_path)
    assert not (tmp_path / "secret.key").exists()
    assert load_key("k" * 32, tmp_path) == b"k" * 32
