"""When something around the Room is not as it should be: strange hosts, other users of the machine, a database that is away."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from .asking import wait_for
from .scripts import script
from .visitor import PASSWORD, Page, Room


@pytest.fixture
def own(open_room: Callable[..., Room]) -> Iterator[Room]:
    """A Room for one test alone, whose keys are not believed for long while its database is away."""
    room = open_room(DRAGOMAN_CREDENTIALS_STALE_MAX_S="1.5")
    yield room
    room.server.stop()


def test_a_host_that_is_not_ours_is_one_short_line_in_the_log(room: Room) -> None:
    """However long it is, and whatever stands in it: strangers do not fill the log with tracebacks."""
    room.server.get("/")
    before = len(room.server.logged)
    for host in ("evil.example", "x" * 4_000, "a\tb", "[::1"):
        assert room.server.get("/", headers={"host": host}).status_code == 400
    told = [line for line in room.server.logged[before:] if "DisallowedHost" in line.get("logger", "")]
    assert told
    assert all(len(json.dumps(line)) < 600 and "Traceback" not in line["message"] for line in told)


@pytest.mark.parametrize(("content", "kind"), [
    (b"--b\r\nnothing", "multipart/form-data; boundary=\xff"), (b"&".join([b"a=1"] * 2_000), "application/x-www-form-urlencoded"),
])
def test_a_form_that_cannot_be_read_is_one_short_line_in_the_log(room: Room, content: bytes, kind: str) -> None:
    """Whoever sends thousands of them does not fill it with tracebacks."""
    before = len(room.server.logged)
    answer = room.server.ask("POST", "/auth/token", content=content, headers={"content-type": kind.encode("latin-1")})
    assert answer.status_code == 400
    told = [line for line in room.server.logged[before:] if line.get("logger", "").startswith("django")]
    assert told
    assert all(len(json.dumps(line)) < 600 and "Traceback" not in line["message"] for line in told)


def test_nobody_else_on_the_machine_reads_what_is_kept(room: Room) -> None:
    """Sessions, digests, letters with links: no file of accounts is for everybody, and the database is its owner's alone."""
    alice = room.person()
    with room.visitor() as visitor:
        visitor.fill("/accounts/password/reset/", {"email": f"{alice}@example.org"})
    assert room.letter(alice)
    data = room.server.folder / "data"
    assert data.stat().st_mode & 0o007 == 0
    database = data / "control.db"
    assert not database.exists() or database.stat().st_mode & 0o077 == 0       # on PostgreSQL there is none
    found = [path for path in data.rglob("*") if "editions" not in path.parts]
    assert data / "served.json" in found
    assert [path for path in found if path.stat().st_mode & 0o007 and not path.is_symlink()] == []


@pytest.mark.parametrize("target", [
    "http://localhost/", "//127.0.0.1/", "http://127.0.0.1:1/", "https:///evil.example", "\\\\evil.example", "/\\evil.example",
    "javascript:alert(1)", "http:evil.example", "//evil.example/%2f..", "/\t/evil.example",
])
@pytest.mark.parametrize("way", ["/accounts/login/", "/accounts/logout/", "/i18n/setlang/"])
def test_nobody_is_sent_elsewhere(room: Room, way: str, target: str) -> None:
    """After signing in, signing out or another language, whatever an address says of where to go on."""
    name = _people.setdefault(room.url, room.person() if room.url not in _people else "")
    with room.visitor(follow_redirects=False) as visitor:
        token = visitor.get("/accounts/login/").tree.xpath("string(//input[@name='csrfmiddlewaretoken']/@value)")
        fields = {"login": name, "password": PASSWORD, "language": "en"}
        page = visitor.post(way, {**fields, "next": target, "csrfmiddlewaretoken": token}, headers={"referer": target})
        assert page.status in (302, 303)
        location = page.response.headers["location"]
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))


_people: dict[str, str] = {}


@contextmanager
def away(room: Room, database_url: str) -> Iterator[None]:
    """Take the database from a running server, and give it back."""
    if not database_url:
        file = room.server.folder / "data" / "control.db"
        file.rename(file.with_name("hidden"))
        try:
            yield
            assert not file.exists()
        finally:
            file.with_name("hidden").rename(file)
        return
    name = database_url.partition("?")[0].rpartition("/")[2]
    with closing(psycopg.connect(database_url.replace(f"/{name}?", "/postgres?"), autocommit=True)) as base:
        base.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")  # type: ignore[arg-type]  # a name of ours
        base.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            base.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")  # type: ignore[arg-type]  # a name of ours


def test_without_its_database_the_room_says_so_keys_end_soon_and_all_comes_back(own: Room, database_url: str) -> None:
    """Public data go on; a key that might have been revoked meanwhile is refused; nothing is made in the place of what is away."""
    alice = own.person()
    secret = own.run("key", "add", "--account", alice, "--kind", "gw2")["secret"]
    wait_for(own, secret, 200, "/v2/tokeninfo")
    with own.signed_in(alice) as visitor:
        with away(own, database_url):
            page: Page = visitor.get("/room/keys/")
            assert (page.status, page.title) == (503, "The Room is busy or without its database")
            assert int(page.response.headers["retry-after"]) > 0
            wait_for(own, secret, 503, "/v2/tokeninfo", within_s=8)
            assert own.server.get("/v2/toys").json() == [1]
        wait_for(own, secret, 200, "/v2/tokeninfo", within_s=5)
        assert visitor.get("/room/keys/").status == 200
    assert not [line for line in own.server.logged if "Traceback" in line.get("message", "")]


@contextmanager
def _without_sessions(room: Room, database_url: str) -> Iterator[None]:
    """Take a table away while the server runs."""
    rename = "ALTER TABLE {} RENAME TO {}"
    for pair in (("django_session", "away"), ("away", "django_session")):
        if database_url:
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(rename.format(*pair))
        else:
            with closing(sqlite3.connect(room.server.folder / "data" / "control.db")) as connection:
                connection.execute(rename.format(*pair))
        if pair[1] == "away":
            yield


def test_a_fault_of_ours_tells_its_id_and_nothing_else(room: Room, database_url: str) -> None:
    """Its page needs no database; the log holds what happened, under the same id."""
    name = room.person()
    with room.signed_in(name) as visitor:
        with _without_sessions(room, database_url):
            page = visitor.get("/room/account/")
        assert (page.status, page.title) == (500, "Something went wrong on our side")
        assert not re.search(r"django|SELECT|relation|\.py|Error\b|Traceback", page.response.text)
        assert page.response.headers["x-request-id"] in page.text
        assert visitor.get("/room/account/").status == 200
    assert "django_session" in room.server.log.read_text()


def test_what_is_over_is_dropped(room: Room, open_room: Callable[..., Room]) -> None:
    """Sessions and links past their time, when a server starts and every hour; what is good stays."""
    alice = room.person()
    with room.signed_in(alice) as visitor:
        script(room, """
            import datetime as dt
            from allauth.usersessions.models import UserSession
            from django.contrib.sessions.models import Session
            from django.utils import timezone
            from dragoman.control.accounts import links
            from dragoman.control.accounts.models import SignInLink
            past = timezone.now() - dt.timedelta(days=30)
            Session.objects.bulk_create(Session(session_key=f"junk{n}", session_data="", expire_date=past) for n in range(2500))
            account = Account.objects.get(username=sys.argv[1])
            UserSession.objects.create(user=account, session_key="junk1", ip="127.0.0.1", created_at=past, last_seen_at=past)
            links.make_link(account)
            SignInLink.objects.filter(account=account).update(expires_at=past)
        """, alice)
        again = open_room(folder=room.server.folder)
        again.server.get("/")
        ends = time.monotonic() + 10
        while (left := script(room, LEFT)) != "0 0 0\n":
            assert time.monotonic() < ends, left
        again.server.stop()
        assert visitor.inside


LEFT = """
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone
from dragoman.control.accounts.models import SignInLink
print(Session.objects.filter(expire_date__lt=timezone.now()).count(), UserSession.objects.filter(session_key="junk1").count(),
      SignInLink.objects.filter(expires_at__lt=timezone.now()).count())
"""
