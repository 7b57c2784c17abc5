"""Private answers are kept nowhere: not by us, not by a browser, not by a real nginx that caches whatever it may."""

from __future__ import annotations

import itertools
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import League

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CONF = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    proxy_cache_path {folder}/cache keys_zone=all:1m;
    server {{
        listen 127.0.0.1:{port};
        proxy_cache all;
        proxy_cache_key $request_uri;
        proxy_cache_valid any 10m;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        add_header X-Cache $upstream_cache_status always;
        location / {{ proxy_pass {url}; }}
    }}
}}
"""
PEOPLE = ("alice", "bob", "charlie", None, "ended", "alice-weak", "unlinked")
PRIVATE = (
    "/v2/account", "/v2/account/home", "/v2/account/letters", "/v2/account/letters/3", "/v2/account/letters/1",
    "/v2/account/letters?ids=1,2,3", "/v2/account/letters?ids=all", "/v2/account/letters?page=0", "/v2/account/letters?page=99",
    "/v2/account/letters?search=alice", "/v2/account/cargo/tea", "/v2/account/hello", "/v2/account/counting", "/v2/plans",
    "/v2/plans/9", "/v2/plans?ids=all", "/v2/tokeninfo",
)
MIXED = ("/v2/players/info/1", "/v2/players/info?ids=1,2", "/v2/players/info?page=0", "/v2/scores/1", "/v2/scores?ids=all",
         "/v2/weather")
PUBLIC = ("/v2/ships", "/v2/ships/1", "/v2/ships?ids=all", "/v2.json")


def facts(answer: httpx.Response) -> tuple[int, bytes]:
    """What must be the same, whoever stands between; each failure has an id of its own."""
    return answer.status_code, re.sub(rb"request id [0-9a-f]+", b"request id", answer.content)


def sent(key: str | None, **more: str) -> dict[str, str]:
    """Headers with a key, or without."""
    return {"accept-encoding": "identity", **({"authorization": f"Bearer {key}"} if key else {}), **more}


@pytest.fixture(scope="module")
def league(serve: Callable[..., League]) -> League:
    """A league whose answers are worth compressing."""
    return serve()


@pytest.fixture(scope="module")
def cache(league: League, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of nginx before the league."""
    if NGINX is None:
        pytest.skip("nginx is not installed: no real cache to try")
    folder = tmp_path_factory.mktemp("nginx")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    (folder / "conf").write_text(CONF.format(folder=folder, port=port, url=league.url))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "conf"), "-e", str(folder / "error.log")])
    try:
        _wait(port, process, folder)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield client
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    ends_at = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("path", [*PRIVATE, *MIXED])
def test_whoever_asks_first_leaves_nothing_for_the_next(league: League, cache: httpx.Client, path: str) -> None:
    """In every order, at one address: each gets through the cache what they get directly, and nothing was kept."""
    direct = {key: facts(league.get(path, key, **{"accept-encoding": "identity"})) for key in PEOPLE}
    for first, second in itertools.permutations(PEOPLE[:5], 2):
        for key in (first, second):
            answer = cache.get(path, headers=sent(key))
            assert facts(answer) == direct[key], (first, second, key)
            assert answer.headers["x-cache"] == "MISS"
    assert len(set(direct.values())) > 1


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public_is_kept_for_all(league: League, cache: httpx.Client, path: str) -> None:
    """The cache works: what is the same for everybody comes from it, to each kind of caller from the second time on."""
    direct = facts(league.get(path, **{"accept-encoding": "identity"}))
    for _ in range(2):
        answers = {key: cache.get(path, headers=sent(key)) for key in PEOPLE}
    assert {facts(answer) for answer in answers.values()} == {direct}
    assert {answer.headers["x-cache"] for answer in answers.values()} == {"HIT"}


@pytest.mark.parametrize("path", [*PRIVATE, *MIXED])
def test_private_answers_say_that_they_are_not_to_be_kept(league: League, path: str) -> None:
    """Every status: no entity tag, no 304, no coding that was kept; `Vary` names what changed the answer."""
    for key in PEOPLE:
        for _ in range(4):                  # often enough for an answer that may be kept to be compressed and kept
            answer = league.get(path, key, **{"accept-encoding": "gzip, zstd"})
        control = answer.headers["cache-control"]
        assert control in ("private, no-store", "no-store")
        assert answer.status_code not in (200, 206) or control == "private, no-store" or path.endswith(
            ("hello", "counting", "weather", "tokeninfo"))
        assert "etag" not in answer.headers
        assert "content-encoding" not in answer.headers
        assert "Authorization" in answer.headers["vary"]
        for condition in ("*", '"x"', 'W/"1"'):
            again = league.get(path, key, **{"if-none-match": condition})
            assert facts(again) == facts(league.get(path, key)), condition


def test_a_key_in_the_address_is_no_better(league: League, cache: httpx.Client) -> None:
    """Addresses differ by key then; still nothing is kept."""
    for path in ("/v2/account", "/v2/players/info/1", "/v2/account/letters/1"):
        for key in ("alice", "bob", "charlie", "ended"):
            answers = [cache.get(f"{path}?access_token={key}", headers=sent(None)) for _ in range(2)]
            assert {facts(answer) for answer in answers} == {facts(league.get(path, key))}
            assert {answer.headers["x-cache"] for answer in answers} == {"MISS"}


def test_a_head_tells_no_more_than_an_answer(league: League) -> None:
    """The same headers, and no body."""
    for path, key in itertools.product(("/v2/account", "/v2/account/letters/1", "/v2/plans"), PEOPLE):
        whole = league.get(path, key)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        head = httpx.head(league.url + path, headers=headers, timeout=20)
        assert head.status_code == whole.status_code
        assert head.content == b""
        assert {name: head.headers[name] for name in ("cache-control", "vary", "content-length")} == {
            name: whole.headers[name] for name in ("cache-control", "vary", "content-length")}
