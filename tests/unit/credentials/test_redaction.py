"""Secrets in what is written down: found by their form, wherever they stand, however they are written."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import unquote

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.credentials.redaction import redact
from dragoman.credentials.secrets import Kind, mint
from dragoman.credentials.subtokens import Subtoken, Subtokens

DICE = random.Random(7)


def coded(text: str, form: str = "%{:02x}", share: float = 1.0) -> str:
    """A text, or some of its characters, as their codes."""
    return "".join(form.format(ord(each)) if DICE.random() < share else each for each in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str, "upper": str.upper, "lower": str.lower,
    "mixed": lambda text: "".join(DICE.choice((each.upper(), each.lower())) for each in text),
    "percent": coded, "PERCENT": lambda text: coded(text, "%{:02X}"), "some": lambda text: coded(text, share=0.3),
    "twice": lambda text: coded(coded(text)), "twice, by half": lambda text: text.replace("-", "%252D").replace("a", "%2561"),
    "thrice": lambda text: coded(coded(coded(text, share=0.2), share=0.2), share=0.2),
    "python": lambda text: coded(text, "\\x{:02x}", 0.5), "json": lambda text: coded(text, "\\u{:04x}", 0.5),
    "scripts of old": lambda text: coded(text, "%u{:04x}", 0.5),
    "xml": lambda text: coded(text, "&#{};", 0.5), "xml, hexadecimal": lambda text: coded(text, "&#x{:x};", 0.5),
}
PLACES = (
    "{}", "/v2/characters/{}", "/v2/characters/{}/inventory", "/api/rest/statistics/json/offers&remote_auth={}",
    "/v2/x%3Faccess_token%3D{}", "/v2/x&remote_auth%3d{}&lang=en", "Not Found: /room/{}", "KeyError('{}')",
    'File "/srv/a.py", line 3, in f\n    ValueError: {} is odd\n',
    "Referer: https://a.example/?access_token={}#top", '{{"api_token": "{}"}}', "Authorization: Bearer {}", "x{}", "deadbeef{}", "{}{}",
)


def decoded(text: str) -> str:
    for _ in range(9):
        text = unquote(text)
    return text.lower()


def pieces(secret: str) -> set[str]:
    """What must not be left of a secret: any twelve of its characters in a row, but those of a prefix that says its kind."""
    plain = secret.lower().removeprefix(secret.lower()[:8] if secret.lower().startswith("drg_") else "")
    return {plain[start:start + 12] for start in range(len(plain) - 11)}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("kind", Kind)
def test_no_secret_is_left(kind: Kind, written: str, place: str) -> None:
    for _ in range(3):
        secret = mint(kind)
        text = place.replace("{}", WRITTEN[written](secret)).replace("{{", "{").replace("}}", "}")
        told = redact(text)
        left = told.lower() + decoded(told)
        assert not [piece for piece in pieces(secret) if piece in left], (text, told)
        assert "…" in told
        assert redact(told) == told


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.REMOTE_AUTH])
def test_half_a_secret_is_cut_too(kind: Kind) -> None:
    """With its prefix, or long enough by itself: half of a shorter one is of no use to anybody, and looks like anything."""
    secret = mint(kind)
    half = len(secret) // 2 + (4 if kind is Kind.GW2 else 0)        # cut in its middle, each half could be a UUID
    first, second = f"/v2/x/{secret[:half]}", f"/v2/x/{secret[half:]}"
    assert redact(first) == f"/v2/x/{secret[:4]}…"
    assert redact(second) == f"/v2/x/{secret[half:half + 4]}…"
    assert redact(f"/v2/a/{secret[:half]}/b/{secret[half:]}") != f"/v2/a/{secret[:half]}/b/{secret[half:]}"


def test_half_a_key_is_cut_where_a_name_stands_before_it() -> None:
    secret = mint(Kind.REMOTE_AUTH)
    assert redact(f"/offers&remote_auth={secret[:16]}") == f"/offers&remote_auth={secret[:4]}…"


def test_tokens_with_a_signature_are_cut() -> None:
    """Subtokens, and whatever else is a JSON Web Token."""
    subtoken = Subtokens(b"k" * 32).sign(Subtoken(parent="k1", permissions=frozenset({"account"}), expires_at=2e9))
    assert redact(f"/v2/account/{subtoken}/x") == f"/v2/account/{subtoken[:4]}…/x"
    assert re.fullmatch("eyJ.…", redact(coded(jwt.encode({"sub": "1"}, "k" * 32))))


@pytest.mark.parametrize("named", [
    "remote_auth=Old-Key_17", "access_token=Old-Key_17", "api_token%3DOld-Key_17", "'user_token': 'Old-Key_17'", "Bearer Old-Key_17",
    "/accounts/link/Old-Key_17/", "password=Old-Key_17",
])
def test_what_was_made_elsewhere_is_known_by_the_name_before_it(named: str) -> None:
    assert "Old-…" in redact(named)
    assert "Key_17" not in redact(named)


@pytest.mark.parametrize("text", [
    "/v2/characters/123", "/v2/items/0190163d-8694-739b-aea5-966c26f8ad91", f"/v2/items/{uuid.UUID(int=7, version=4)}/parts",
    "/room/applications/1f242b95d84f2b0dd5c8928c52e0d6fd/", "/v2/caf%C3%A9?", "20261126T064423Z-1a2b3c4d", "0123456789abcdef", "",
    "the file \\x00\\xff, 100 % of it", "access_token is missing", "Use it as ?access_token=KEY", "%zz%", "a=b&c=d", "100%25",
])
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(st.text("%25\\xu06&#;1a-=/", max_size=120))
def test_any_coding_is_taken(text: str) -> None:
    redact(text)


def test_what_stands_around_a_secret_is_told_without_codings() -> None:
    secret = mint(Kind.ACCESS_TOKEN)
    assert redact(f"/v2/İ/{coded(secret)}/b%20c?%41&remote_auth={secret}&X=İ") == "/v2/İ/drg_…/b c?A&remote_auth=drg_…&X=İ"


@pytest.mark.parametrize("unit", [
    "%25", "%2525252525", "%61", "password=", "password ", "eyJ", "a-", "0123456789abcdef/", "bearer  ", "drg_acc_/", "&#65;",
])
def test_a_long_text_takes_little_time(unit: str) -> None:
    """As long as an address may be; CPU of this process alone, with room for a slow machine."""
    text = unit * (8_192 // len(unit))
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 0.1
