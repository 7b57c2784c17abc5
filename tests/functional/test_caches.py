"""Through a real cache, nginx with its defaults: what is not in the key of an answer changes nothing of it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ..conftest import Server

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: no real cache to try")

CATALOG = """
    from typing import Annotated

    from dragoman import Catalog, Filter, Key, Localized, Record, Rows

    catalog = Catalog("cached", languages=("en", "de"), formats=("xml", "csv"),
                      database={"eu": "sqlite://", "na": "sqlite://"})

    def rows(cluster):
        return ({"id": n, "name": {"en": f"Thing {n} of {cluster}", "de": f"Ding {n} of {cluster}"}, "text": "word " * 50,
                 "price": n % 7} for n in range(100))

    @catalog.resource("things", Rows(rows))
    class Thing(Record):
        id: Annotated[int, Key()]
        name: Localized
        text: str
        price: Annotated[int, Filter()]

    @catalog.method("now")
    def now() -> int:
        return 1
"""
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
        proxy_cache_key $scheme$host$request_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        add_header X-Cache $upstream_cache_status always;
        location / {{ proxy_pass {url}; }}
    }}
}}
"""


@dataclass
class Cache:
    """nginx before a server."""

    url: str
    behind: Server

    def get(self, path: str, host: str = "eu.example", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.url + path, timeout=15, headers={"Accept-Encoding": "identity", "Host": host, **named})

    def state(self, path: str, **headers: str) -> str:
        return self.get(path, **headers).headers["x-cache"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def cache(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    """A server of two clusters that believes its proxy, which hands on whatever its clients say of their host."""
    folder = tmp_path_factory.mktemp("behind")
    (folder / "dragoman.toml").write_text('[clusters.eu]\nhosts = ["eu.example"]\n[clusters.na]\nhosts = ["na.example"]\n')
    behind = serve(catalog=CATALOG, folder=folder, DRAGOMAN_HTTP__TRUSTED_PROXIES="127.0.0.1")
    with caching(behind, tmp_path_factory.mktemp("nginx")) as cache:
        yield cache


@contextmanager
def caching(behind: Server, home: Path) -> Iterator[Cache]:
    """nginx before a server, with a folder for what it keeps."""
    port = free_port()
    (home / "conf").write_text(CONF.format(folder=home, port=port, url=behind.url))
    process = subprocess.Popen([str(NGINX), "-p", str(home), "-c", str(home / "conf"), "-e", str(home / "error.log")])
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 10
        while not _answers(url):
            assert process.poll() is None and time.monotonic() < deadline, (home / "error.log").read_text()  # noqa: PT018  # one reason
            time.sleep(0.05)
        yield Cache(url, behind)
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url + "/health/live", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def test_an_answer_is_kept_and_the_same_for_everybody(cache: Cache) -> None:
    """The second client does not reach the server."""
    first, second = cache.get("/v2/things/1"), cache.get("/v2/things/1")
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]


@pytest.mark.parametrize("path", ["/v2/things/2", "/v2/things?ids=2,3", "/v2/things?ids=2,9999", "/v2/things?page=0&page_size=3",
                                  "/v2/things?ids=all", "/v2/things?price=2&page=0"])
def test_languages_do_not_mix(cache: Cache, path: str) -> None:
    """Whoever came first, each gets the language that was asked for, by header and by parameter."""
    for _ in range(2):
        for language, word in (("de", "Ding"), ("en", "Thing"), ("fr;q=1, de;q=0.5", "Ding"), ("xx", "Thing")):
            answer = cache.get(path, Accept_Language=language)
            assert word in answer.text, language
            assert answer.headers["content-language"] == {"Ding": "de", "Thing": "en"}[word]
        joint = "&" if "?" in path else "?"
        assert "Ding" in cache.get(f"{path}{joint}lang=de", Accept_Language="en").text
    assert cache.state(path, Accept_Language="de") == "HIT"


def test_codings_do_not_mix(cache: Cache) -> None:
    """A client that reads no gzip never gets it from the cache."""
    path = "/v2/things?ids=all&x=codings"
    plain = cache.get(path)
    for coding in ("gzip", "zstd", "identity", "br", "gzip"):
        answer = cache.get(path, Accept_Encoding=coding)
        assert answer.headers.get("content-encoding", "identity") == (coding if coding != "br" else "identity")
        if coding != "zstd":
            assert answer.json() == plain.json()


@pytest.mark.parametrize("path", ["/v2/things/9", "/v2/things?ids=9,10", "/v2/things?page=1&page_size=3", "/v2/things?ids=all&x=formats"])
def test_formats_do_not_mix(cache: Cache, path: str) -> None:
    """Whoever came first, each gets the format that was asked for, and a tag is known in its own alone."""
    kinds = {kind: kind for kind in ("application/json", "application/xml", "text/csv")} | {"a/b": "application/json"}
    tags = {}
    for _ in range(2):
        for accept, kind in kinds.items():
            answer = cache.get(path, Accept=accept)
            assert answer.headers["content-type"].startswith(kind), accept
            tags[kind] = answer.headers["etag"]
    assert cache.state(path, Accept="text/csv") == "HIT"
    assert len(set(tags.values())) == 3
    assert cache.get(path, Accept="text/csv", If_None_Match=tags["text/csv"]).status_code == 304
    assert cache.get(path, Accept="text/csv", If_None_Match=tags["application/xml"]).status_code == 200
    assert "<item>" in cache.get(path, Accept="application/xml", Accept_Language="de").text


def test_versions_and_keys_are_answered_apart(cache: Cache) -> None:
    """Of one address, what was asked with a version or a key is not given to whoever asked with another."""
    path = "/v2/things/4"
    cache.get(path)
    assert cache.state(path, X_Schema_Version="2024-01-01T00:00:00Z") == "MISS"
    assert cache.state(path, Authorization="Bearer A") == "MISS"
    assert cache.state(path, Authorization="Bearer B") == "MISS"
    assert cache.state(path, Authorization="Bearer B") == "HIT"
    refused = cache.get(path, X_Schema_Version="nonsense")
    assert refused.status_code == 400
    assert cache.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/v2/things/6", "/v2/things?ids=6,7", "/v2/things?price=6&page=0", "/v2/things?ids=all"])
def test_a_host_that_a_client_claims_poisons_nothing(cache: Cache, path: str) -> None:
    """The proxy is believed, and hands on a header that is not in its key: others still get their own cluster."""
    poison = cache.get(path, X_Forwarded_Host="na.example")
    assert "of na" in poison.text
    for _ in range(2):
        assert "of eu" in cache.get(path).text
        assert "of na" in cache.get(path, host="na.example").text
    poison = cache.get(path, host="na.example", X_Forwarded_Host="eu.example")
    assert "of na" in cache.get(path, host="na.example").text
    assert cache.get(path, X_Forwarded_Host="nowhere.example").status_code == 404
    assert "of eu" in cache.get(path).text


def test_the_first_page_is_not_kept_by_a_shared_cache(cache: Cache) -> None:
    """Neither it nor its refusal of a host that it does not know."""
    poison = cache.get("/", X_Forwarded_Host="evil.example")
    assert poison.status_code == 400
    assert "evil.example" not in poison.text
    again = cache.get("/")
    assert (again.status_code, again.headers["x-cache"]) == (200, "MISS")
    assert "evil.example" not in again.text


@pytest.mark.parametrize("path", [
    "/v2/things/99999", "/v2/things/8;x.css", "/v2/things/8/x.css", "/v2/things;x.css", "/v2/things%2Fx.css", "/v2/unknown.css",
    "/v2/things?page=999", "/v2/things?lang=xx", "/v2/things?ids=", "/x.css", "/health/live", "/metrics", "/v2/now"])
def test_errors_and_what_changes_are_not_kept(cache: Cache, path: str) -> None:
    """No address can be dressed up as a static file, and a refusal ends with its cause."""
    for _ in range(2):
        answer = cache.get(path)
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["x-cache"] == "MISS"


def test_a_cached_answer_is_renewed_by_its_tag(cache: Cache) -> None:
    """A client's condition is answered by the cache as it is by the server, in each coding."""
    path = "/v2/things?ids=all&x=tags"
    for coding in ("identity", "gzip"):
        tag = cache.get(path, Accept_Encoding=coding).headers["etag"]
        for ask in (cache.get, lambda path, **headers: cache.behind.get(path, headers={
                "Host": "eu.example", **{name.replace("_", "-"): value for name, value in headers.items()}})):
            answer = ask(path, Accept_Encoding=coding, If_None_Match=tag)
            assert answer.status_code == 304
            assert answer.headers["etag"] == tag
            assert answer.content == b""
