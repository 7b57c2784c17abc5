"""Digests of passwords: how hard they are to guess is the operator's to say, within bounds."""

from __future__ import annotations

import argon2
import pytest

from dragoman.errors import SettingsError
from dragoman.settings import Room, Settings


def test_a_digest_takes_the_memory_that_the_settings_say(configured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default what Django takes; one that was made with less is still good, and is made anew at the next sign-in."""
    from django.contrib.auth.hashers import get_hasher

    from dragoman.control.accounts import passwords

    assert isinstance(get_hasher(), passwords.Hasher)
    hashers = []
    for settings in (Settings(room=Room(password_memory_mib=19)), Settings()):
        monkeypatch.setattr(passwords, "ours", lambda found=settings: found)
        hashers.append(passwords.Hasher())
    kept = [hasher.encode("correct horse battery staple", hasher.salt()) for hasher in hashers]
    found = [argon2.extract_parameters(digest.removeprefix("argon2")) for digest in kept]
    assert [(each.memory_cost, each.time_cost) for each in found] == [(19 * 1_024, 2), (100 * 1_024, 2)]
    assert {each.type for each in found} == {argon2.Type.ID}
    usual = hashers[1]
    for digest in kept:
        assert usual.verify("correct horse battery staple", digest)
        assert not usual.verify("wrong horse", digest)
    assert [usual.must_update(digest) for digest in kept] == [True, False]


@pytest.mark.parametrize("memory_mib", [0, 18, 4_097])
def test_no_digest_is_guessed_too_fast(memory_mib: int) -> None:
    """And none takes all the memory that there is."""
    with pytest.raises(SettingsError, match="19 to 4096"):
        Settings(room=Room(password_memory_mib=memory_mib))
