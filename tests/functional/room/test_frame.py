"""What every page of the Room has in common: its guards, its errors, its languages, its publisher."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import Server, run_dragoman
from .visitor import Room, read

POLICY = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "form-action": "'self'", "base-uri": "'none'",
          "frame-ancestors": "'none'"}


@pytest.fixture(scope="module")
def database_url() -> str:
    """Where accounts are kept: in a file, since it cannot matter here."""
    return ""


def _policy(answer: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize(("verb", "path"), [
    ("GET", "/"), ("GET", "/accounts/login/"), ("GET", "/accounts/signup/"), ("GET", "/nothing"), ("POST", "/"),
    ("POST", "/accounts/login/"), ("GET", "/room/applications/"),
])
def test_every_page_is_guarded(room: Room, verb: str, path: str) -> None:
    """Nothing but our own files, in no frame, in no cache, and for no other site."""
    answer = room.server.ask(verb, path, headers={"Origin": "https://evil.example"} if verb == "GET" else {})
    assert POLICY.items() <= _policy(answer).items()
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].find("no-store") >= 0
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "strict-transport-security" not in answer.headers        # plain HTTP cannot promise HTTPS


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_verbs_are_told_which_there_are(room: Room, verb: str) -> None:
    """405 with Allow; nothing is echoed, and OPTIONS tells the same."""
    answer = room.server.ask(verb, "/accounts/login/", headers={"Cookie": "dragoman-session=secret"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    assert "secret" not in answer.text
    options = room.server.ask("OPTIONS", "/accounts/login/")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


ERRORS: list[tuple[str, str, dict[str, Any], int, str, str]] = [
    ("GET", "/nothing", {}, 404, "There is nothing here", "Здесь ничего нет"),
    ("GET", "/room/nothing/%00%ff", {}, 404, "There is nothing here", "Здесь ничего нет"),
    ("GET", "/static/../../secret.key", {}, 404, "There is nothing here", "Здесь ничего нет"),
    ("GET", "/static/room/%2e%2e/%2e%2e/views.py", {}, 400, "This request makes no sense", "Такой запрос не имеет смысла"),
    ("POST", "/", {}, 403, "This form is too old", "Форма устарела"),
    ("POST", "/accounts/login/", {"data": {"login": "alice"}}, 403, "This form is too old", "Форма устарела"),
    ("GET", "/i18n/setlang/", {}, 405, "This cannot be done here", "Здесь так нельзя"),
    ("GET", "/", {"headers": {"Host": "evil.example"}}, 400, "This server is not known by that name", "Этот сервер не знает такого имени"),
    ("POST", "/accounts/login/", {"content": b"x" * 1_100_000}, 413, "This is too large", "Слишком много"),
]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("verb", "path", "options", "status", "english", "russian"), ERRORS)
def test_an_error_is_a_page_with_the_id_of_its_request(
    room: Room, verb: str, path: str, options: dict[str, Any], status: int, english: str, russian: str, language: str,
) -> None:
    """In the reader's language, with what to do; the same id stands in the log and in the header."""
    headers = {**options.get("headers", {}), "Accept-Language": language}
    answer = room.server.ask(verb, path, **{**options, "headers": headers})
    page = read(answer)
    assert (answer.status_code, page.title) == (status, english if language == "en" else russian)
    assert page.tree.get("lang") == language
    assert answer.headers["x-request-id"] in page.text
    assert POLICY.items() <= _policy(answer).items()


def test_what_may_be_done_is_told_where_something_may_not(room: Room) -> None:
    """The page of a 405 keeps its Allow."""
    assert room.server.get("/i18n/setlang/").headers["allow"] == "POST"


def test_too_many_tries_are_a_page_too(room: Room) -> None:
    """The limits of sign-in answer in the look of the rest."""
    with room.visitor() as visitor:
        pages = (visitor.fill("/accounts/password/reset/", {"email": "nobody@example.org"}) for _ in range(60))
        page = next(page for page in pages if page.status == 429)
        assert page.title == "Too many tries"
        assert page.response.headers["x-request-id"] in page.text


def test_a_language_is_chosen_for_pages_and_kept_for_the_account(room: Room) -> None:
    """In another browser too; nobody is led elsewhere by it."""
    name = room.person()
    with room.signed_in(name) as visitor:
        page = visitor.send(visitor.get("/"), {"next": "/accounts/email/"}, button=("language", "ru"), action="/i18n/setlang/")
        assert (page.path, page.tree.get("lang")) == ("/accounts/email/", "ru")
        page = visitor.send(page, {"next": "https://evil.example/"}, button=("language", "xx"), action="/i18n/setlang/")
        assert (page.response.url.host, page.tree.get("lang")) == ("127.0.0.1", "ru")
        assert visitor.post("/i18n/setlang/", {"language": "en"}).status == 403
    with room.signed_in(name) as other:
        assert other.get("/").tree.get("lang") == "ru"


LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script><style>rect{fill:red}</style><rect/></svg>'


def test_the_publisher_shows_name_logo_and_contact(open_room: Callable[..., Room], tmp_path: Path) -> None:
    """From the settings; a picture can do nothing, wherever it is opened."""
    (tmp_path / "logo.svg").write_bytes(LOGO)
    room = open_room(DRAGOMAN_ROOM__PUBLISHER="Toys & <Sons>", DRAGOMAN_ROOM__LOGO=str(tmp_path / "logo.svg"),
                     DRAGOMAN_ROOM__CONTACT="help@toys.example")
    with room.visitor() as visitor:
        page = visitor.get("/")
        assert page.tree.xpath("string(//header//a[1])").strip() == "Toys & <Sons>"
        assert page.tree.xpath("//footer//a/@href")[-1] == "mailto:help@toys.example"
        logo = visitor.client.get(page.tree.xpath("//header//img/@src")[0])
        assert (logo.content, logo.headers["content-type"]) == (LOGO, "image/svg+xml")
        assert _policy(logo) == {"default-src": "'none'", "style-src": "'unsafe-inline'", "frame-ancestors": "'none'", "sandbox": ""}
        assert logo.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in logo.headers["cache-control"]


@pytest.mark.parametrize(("name", "content", "remedy"), [
    ("missing.svg", None, "cannot be read"), ("logo.html", b"<html>", "ends in .svg"), ("empty.png", b"", "at most a megabyte"),
    ("large.png", b"x" * 1_048_577, "at most a megabyte"),
])
def test_a_logo_that_is_none_is_told_before_anything_starts(tmp_path: Path, name: str, content: bytes | None, remedy: str) -> None:
    """With the remedy."""
    (tmp_path / "toys.csv").write_text("id\n1\n")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run_dragoman("serve", "toys.csv", "--port", "0", "--data-dir", "data", cwd=tmp_path, DRAGOMAN_ROOM__LOGO=name)
    assert done.returncode == 1
    assert remedy in done.stderr


def test_https_is_promised_where_it_is_spoken(serve: Callable[..., Server], tmp_path: Path) -> None:
    """With a certificate: browsers are told to come by HTTPS alone, and cookies never travel otherwise."""
    if shutil.which("openssl") is None:
        pytest.skip("TLS IS NOT TESTED: there is no openssl command on this machine to make a certificate with")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "1",
                    "-subj", "/CN=localhost"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "toys.csv").write_text("id\n1\n")
    server = serve("toys.csv", "--tls-cert", "cert.pem", "--tls-key", "key.pem", folder=tmp_path)
    answer = server.get("/accounts/login/", verify=False)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert re.match(r"__Host-dragoman-csrf=.*; HttpOnly.*; Path=/; SameSite=Lax; Secure$", answer.headers["set-cookie"])


CHECK = """
import sys
from dragoman.control.configuration import configure
from dragoman.settings import Settings
configure(Settings(data_dir=sys.argv[1], base_url="https://api.example.org"))
from django.core.checks import run_checks
print([str(found) for found in run_checks(include_deployment_checks=True) if not found.is_silenced()])
"""


def test_django_finds_nothing_to_mend_before_a_deployment(tmp_path: Path) -> None:
    """Its own list of checks; those that are silenced have their reason beside them."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", CHECK, str(tmp_path)], capture_output=True, text=True, check=False,
                          timeout=60)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
