"""What nobody would send: to every form and address of accounts. Each gets a clear page, and nothing breaks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from .visitor import PASSWORD, Room, Visitor

NASTY = ("", " ", "\0", "a\0b", "x" * 100_000, "<script>alert(1)</script>", "'; DROP TABLE accounts_account;--", "\ud7ff\u202e",
         "${7*7}", "%00", "../../etc/passwd", "🏴" * 500)
FORMS = ({"path": "/accounts/login/", "fields": ("login", "password")},
         {"path": "/accounts/signup/", "fields": ("username", "email", "password1", "password2")},
         {"path": "/accounts/password/reset/", "fields": ("email",)})
ADDRESSES = ("/accounts/confirm-email/%00/", "/accounts/confirm-email/x:y:z/", "/accounts/password/reset/key/1-%00/",
             "/accounts/password/reset/key/zzzzzzzzzzzzzz-x/", "/accounts/password/reset/key/1-set-password/", "/accounts/link//",
             "/accounts/3rdparty/signup/", "/accounts/2fa/authenticate/", "/accounts/2fa/webauthn/login/", "/accounts/reauthenticate/",
             "/accounts/inactive/", "/room/terms/?next=%00", "/room/account/?x=%00", "/accounts/login/?next=%00", "/accounts/nothing/")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["path"])
def test_nasty_texts_in_forms_are_refused_in_the_form(room: Room, form: dict[str, str | tuple[str, ...]]) -> None:
    """Every text in every field; none is ever shown as markup, none is a 500."""
    with room.visitor() as visitor:
        page = visitor.get(str(form["path"]))
        for text in NASTY:
            answer = visitor.send(page, dict.fromkeys(form["fields"], text))
            assert answer.status in (200, 429), text
            assert "<script>alert" not in answer.response.text
        assert not visitor.inside


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
def test_nasty_addresses_are_clear_pages(room: Room, inside_visitor: Visitor, path: str, inside: bool) -> None:
    """By any verb that pages know; never a 500, and no internals."""
    with contextlib.nullcontext(inside_visitor) if inside else room.visitor() as visitor:
        for answer in (visitor.get(path), visitor.post(path), visitor.client.options(path), visitor.client.put(path)):
            response = getattr(answer, "response", answer)
            assert response.status_code < 500, path
            assert "Traceback" not in response.text


@pytest.fixture(scope="module")
def greta(room: Room) -> str:
    """Somebody."""
    return room.person("greta")


@pytest.fixture(scope="module")
def inside_visitor(room: Room, greta: str) -> Iterator[Visitor]:
    """Her browser; signing in for each case would be too many tries."""
    with room.signed_in(greta) as visitor:
        yield visitor


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/logout/", "/room/account/", "/room/account/delete/",
                                  "/room/account/sessions/", "/room/terms/", "/accounts/email/", "/accounts/2fa/totp/activate/"])
def test_a_form_that_no_page_gave_does_nothing(room: Room, inside_visitor: Visitor, path: str) -> None:
    """Without a token, with one of somebody else, from another origin, with one too old."""
    visitor = inside_visitor
    with room.visitor() as other:
        foreign = other.get("/accounts/login/").form("login").fields["csrfmiddlewaretoken"]
        own = visitor.get("/room/account/").form("username").fields["csrfmiddlewaretoken"]
        for data, headers in (({}, {}), ({"csrfmiddlewaretoken": foreign}, {}), ({"csrfmiddlewaretoken": "x" * 64}, {}),
                              ({"csrfmiddlewaretoken": own}, {"origin": "https://evil.example"}),
                              ({"csrfmiddlewaretoken": own}, {"origin": "null"})):
            page = visitor.post(path, data, headers=headers)
            assert page.status == 403
            assert "form is too old" in page.text
        assert visitor.inside


def test_a_form_from_before_the_sign_in_says_so(room: Room, greta: str) -> None:
    """Two tabs: one signs in, the other still has the form from before."""
    with room.visitor() as visitor:
        first, second = visitor.get("/accounts/login/"), visitor.get("/accounts/login/")
        visitor.send(first, {"login": greta, "password": PASSWORD})
        page = visitor.send(second, {"login": greta, "password": PASSWORD})
        assert page.status in (403, 404, 200)
        assert visitor.inside


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "zlib", "hex", "rot13", "idna", "undefined", "unicode_escape", "made-up",
                                     "windows-1251"])
@pytest.mark.parametrize("path", ["/accounts/login/", "/oauth/token", "/auth/token", "/auth/", "/room/terms/", "/", "/nothing/"])
def test_forms_are_utf_8_whatever_is_said_of_them(room: Room, path: str, charset: str) -> None:
    """What Python has a name for may be no letters at all; and nothing is hidden in letters that others read otherwise."""
    types = f"application/x-www-form-urlencoded; charset={charset}", f"multipart/form-data; boundary=b; charset={charset}"
    bodies = b"next=%2Fx&grant_type=made-up", b'--b\r\ncontent-disposition: form-data; name="grant_type"\r\n\r\nmade-up\r\n--b--\r\n'
    for type, body in zip(types, bodies, strict=True):
        for verb in ("POST", "GET"):
            answer = httpx.request(verb, f"{room.url}{path}?x=%2F", content=body, headers={"content-type": type}, timeout=30)
            assert answer.status_code < 500, (verb, type)
    if path.endswith("/token"):
        answer = httpx.post(room.url + path, content=bodies[0], headers={"content-type": types[0]}, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/auth/token"])
def test_a_program_is_told_in_its_own_form_what_no_form_is(room: Room, path: str) -> None:
    """Parts without their ends, far too many fields, ten megabytes: JSON, in English, whatever else is wrong."""
    parts, form = "multipart/form-data", "application/x-www-form-urlencoded"
    many, large = b"&".join(b"a%d=1" % number for number in range(3_000)), b"code=" + b"x" * 10_000_000
    for type, body, status in ((parts, b"x", 400), (f"{parts}; boundary=\xff", b"x", 400), (form, many, 400), (form, large, 413)):
        answer = httpx.post(room.url + path, content=body, timeout=30,
                            headers={b"content-type": type.encode("latin-1"), b"accept-language": b"ru"})
        told = answer.json()
        assert (answer.status_code, told["error"], told["error_description"].isascii()) == (status, "invalid_request", True)
        assert answer.headers["cache-control"] == "no-store"


def test_a_body_of_ten_megabytes_is_refused(room: Room) -> None:
    """Before Django sees it."""
    with room.visitor() as visitor:
        page = visitor.post("/accounts/login/", {"login": "x" * 10_000_000})
        assert page.status == 413


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1@evil.example", "127.0.0.1.evil.example", "[::1"])
def test_a_forged_host_gets_no_page_and_no_letter(room: Room, greta: str, host: str) -> None:
    """Nothing that is sent to anybody bears it."""
    with room.visitor() as visitor:
        assert visitor.get("/accounts/login/", headers={"host": host}).status == 400
        before = len(room.letters())
        page = visitor.get("/accounts/password/reset/")
        token = page.form("email").fields["csrfmiddlewaretoken"]
        data = {"email": f"{greta}@example.org", "csrfmiddlewaretoken": token}
        assert visitor.post("/accounts/password/reset/", data, headers={"host": host}).status == 400
        assert len(room.letters()) == before
        visitor.post("/accounts/password/reset/", data, headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
        assert not any("evil" in str(letter.get_content()) for letter in room.letters())
