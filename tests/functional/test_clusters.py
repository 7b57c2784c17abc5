"""One catalog for several clusters: the host asked chooses the data, in answers, tags, editions and rollbacks."""

from __future__ import annotations

import json
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from ..conftest import Server

CATALOG = """
from typing import Annotated
from dragoman import Catalog, File, Filter, Key, Record, Rows, Table

catalog = Catalog("armory", api_name="wot-1.0",
                  database={"eu": "sqlite:///eu.db", "na": "sqlite:///na.db", "asia": "sqlite:///asia.db"})


class Named(Record):
    id: Annotated[int, Key()]
    name: Annotated[str, Filter()]


@catalog.resource("players", Table("players"))
class Player(Named):
    pass


@catalog.resource("news/newcomers", Table("players"), live=True)
class Newcomer(Named):
    pass


@catalog.resource("news/papers", File("papers-{cluster}.csv"))
class Paper(Named):
    pass


@catalog.resource("news/towns", Rows(lambda cluster: [{"id": 1, "name": f"The capital of {cluster}"}]))
class Town(Named):
    pass


atlas = Catalog("atlas")


@atlas.resource("rivers", Rows(lambda: [{"id": 1, "name": "Nile"}]))
class River(Named):
    pass
"""
SETTINGS = """
[clusters.eu]
hosts = ["eu.example", "Europe.Example"]
[clusters.na]
hosts = ["na.example"]
[clusters.asia]
hosts = []
[clusters.ru]
hosts = ["ru.example"]
"""
PROXY = "127.0.0.2"
"""Whoever asks from there is a trusted proxy."""
UNKNOWN = {"field": None, "message": "CLUSTER_NOT_FOUND", "code": 404, "value": None}


def write(folder: Path, cluster: str, *names: str) -> None:
    """The players of a cluster, as they are now."""
    base = sqlite3.connect(folder / f"{cluster}.db")
    base.executescript("DROP TABLE IF EXISTS players; CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    base.executemany("INSERT INTO players (name) VALUES (?)", [(name,) for name in names])
    base.commit()
    base.close()


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Alice and Bob in Europe, Charlie in America."""
    folder = tmp_path_factory.mktemp("clusters")
    write(folder, "eu", "Alice", "Bob")
    write(folder, "na", "Charlie")
    write(folder, "asia", "Mallory")
    for cluster in ("eu", "na", "asia"):
        (folder / f"papers-{cluster}.csv").write_text(f"id,name\n1,The {cluster} Times\n")
    (folder / "dragoman.toml").write_text(SETTINGS)
    return serve(catalog=CATALOG, folder=folder, DRAGOMAN_HTTP__TRUSTED_PROXIES=PROXY)


@pytest.fixture(scope="module")
def application(server: Server) -> str:
    """The id of an application, good in every cluster."""
    server.prepare("account", "add", "alice")
    id: str = server.prepare("application", "add", "A", "--owner", "alice", "--type", "standalone")["application_id"]
    ends = time.monotonic() + 10
    while told(server, id, "eu.example")["status"] != "ok":
        assert time.monotonic() < ends
        time.sleep(0.02)
    return id


def told(server: Server, application: str, host: str, method: str = "wot-1.0/data/players", query: str = "", **headers: str) -> Any:
    """What the other dialect tells at a host."""
    answer = ask(server, f"/{method}/?application_id={application}&{query}", host, **headers)
    assert answer.status_code == 200
    return answer.json()


def ask(server: Server, path: str, host: str, **headers: str) -> httpx.Response:
    """Ask a host that this server answers for."""
    return server.get(path, headers={"Host": host, **headers})


def names(server: Server, host: str) -> list[str]:
    """The players there."""
    return [player["name"] for player in ask(server, "/v2/players?ids=all", host).json()]


def eventually(server: Server, host: str, expected: list[str]) -> None:
    """Wait until a host serves the expected players."""
    until = time.monotonic() + 10
    while names(server, host) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert names(server, host) == expected


@pytest.mark.parametrize(("host", "expected"), [
    ("eu.example", ["Alice", "Bob"]), ("EU.EXAMPLE", ["Alice", "Bob"]), ("eu.example:8443", ["Alice", "Bob"]),
    ("eu.example.", ["Alice", "Bob"]), ("europe.example", ["Alice", "Bob"]), ("na.example", ["Charlie"]),
])
def test_the_host_chooses_the_cluster(server: Server, host: str, expected: list[str]) -> None:
    """In any case, with any port."""
    assert names(server, host) == expected


@pytest.mark.covers("L9")
@pytest.mark.parametrize(("host", "expected"), [
    ("eu.example", ["Alice", "Bob"]), ("EU.eXample", ["Alice", "Bob"]), ("eu.example:8443", ["Alice", "Bob"]),
    ("eu.example.", ["Alice", "Bob"]), ("Europe.Example.:80", ["Alice", "Bob"]), ("na.example", ["Charlie"]),
])
def test_the_host_chooses_the_cluster_in_lesta(server: Server, application: str, host: str, expected: list[str]) -> None:
    """`http(s)://<server>/<API_name>/<block>/<method>/`: one application, one address, the data of the server asked."""
    data = told(server, application, host)["data"]
    assert [player["name"] for player in data.values()] == expected
    assert [player["name"] for player in told(server, application, host, "wot-1.0/news/newcomers")["data"].values()] == expected
    assert told(server, application, host, query="name=alice")["meta"]["total"] == ("Alice" in expected)
    missing = told(server, application, host, query="id=2")["data"]["2"]
    assert missing == ({"id": 2, "name": "Bob"} if "Bob" in expected else None)


@pytest.mark.covers("L9")
@pytest.mark.parametrize("host", ["example", "127.0.0.1", "eu.example.org", "ru.example", "asia", "eu", "default"])
def test_a_host_without_data_is_told_so_in_lesta(server: Server, application: str, host: str) -> None:
    """One that is unknown, and one of a cluster that the catalog has not; a cluster without hosts is nobody's by default."""
    assert told(server, application, host) == {"status": "error", "error": UNKNOWN}
    assert told(server, application, host, query="id=1") == {"status": "error", "error": UNKNOWN}
    assert told(server, application, host, "wot-1.0/news/newcomers")["error"] == UNKNOWN


@pytest.mark.covers("L9")
def test_files_and_functions_are_those_of_their_cluster(server: Server, application: str) -> None:
    """Not only tables."""
    for cluster in ("eu", "na"):
        for method, name in (("papers", f"The {cluster} Times"), ("towns", f"The capital of {cluster}")):
            data = told(server, application, f"{cluster}.example", f"wot-1.0/news/{method}")["data"]
            assert data == {"1": {"id": 1, "name": name}}


def test_the_host_chooses_the_cluster_in_dast(server: Server, application: str) -> None:
    """And one without data is told so there, too."""
    assert application                      # its owner is there
    token = server.prepare("key", "add", "--account", "alice", "--kind", "api-token")["secret"]
    path, ends = f"/api/players/list?api_token={token}", time.monotonic() + 10
    while not ask(server, path, "eu.example").json()["success"]:
        assert time.monotonic() < ends
        time.sleep(0.02)
    for host, expected in (("eu.example", ["Alice", "Bob"]), ("NA.example.:80", ["Charlie"])):
        assert [player["name"] for player in ask(server, path, host).json()["data"]["items"]] == expected
    for host in ("example", "ru.example", "asia"):
        answer = ask(server, path, host)
        envelope = answer.json()
        assert (answer.status_code, envelope["data"], envelope["success"], len(envelope["error"])) == (404, [], False, 1)
        assert envelope["error"][0]["message"] == "This host serves no data. Use one of the documented hosts."


def test_a_catalog_without_clusters_is_the_same_at_every_host_of_the_server(server: Server, application: str) -> None:
    """And at no other."""
    for host in ("eu.example", "na.example", "ru.example"):
        assert told(server, application, host, "atlas/data/rivers")["data"] == {"1": {"id": 1, "name": "Nile"}}
        assert ask(server, "/v2/rivers/1", host).json() == {"id": 1, "name": "Nile"}
    assert told(server, application, "example", "atlas/data/rivers")["error"] == UNKNOWN
    assert ask(server, "/v2/rivers/1", "example").status_code == 404


@pytest.mark.covers("L9")
@pytest.mark.parametrize("path", ["/v2/players/1", "/wot-1.0/data/players/"])
def test_a_host_that_is_none_is_no_question(server: Server, path: str) -> None:
    """400 and no answer, whatever the dialect, as nobody could tell what was meant (RFC 9112, 3.2); without one, by HTTP/1.0,
    it is the host of nobody."""
    host = b"Host: eu.example\r\n"
    for lines in (b"", host + host, host + b"Host: na.example\r\n", b"Host: eu.example, na.example\r\n", b"Host: eu example\r\n",
                  b"Host: alice@eu.example\r\n", b"Host: eu.example:x\r\n", b"Host:\r\n"):
        assert say(server, path, lines).startswith(b"HTTP/1.1 400 "), lines
    for answer in (say(server, path, b"", version=b"1.0"), say(server, path, b"Host: e\r\n", version=b"1.0")):
        assert b"Alice" not in answer
        assert b"this host serves no data" in answer or b"APPLICATION_ID_NOT_SPECIFIED" in answer
    absolute = say(server, "http://na.example" + path, host)         # the target's authority beats Host (RFC 9112, 3.2.2)
    assert b"Alice" not in absolute


def say(server: Server, target: str, lines: bytes, version: bytes = b"1.1") -> bytes:
    """What comes back for these very bytes."""
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=10) as connection:
        connection.sendall(b"GET " + target.encode() + b" HTTP/" + version + b"\r\n" + lines + b"Connection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.covers("L9")
def test_only_a_trusted_proxy_says_for_which_host_it_asks(server: Server, application: str) -> None:
    """The last word of its header counts; of a stranger's, none."""
    path = f"/wot-1.0/data/players/?application_id={application}&id=1"
    with (httpx.Client(base_url=server.url, transport=httpx.HTTPTransport(local_address=PROXY)) as proxy,
          httpx.Client(base_url=server.url, transport=httpx.HTTPTransport(local_address="127.0.0.3")) as stranger):
        def name(client: httpx.Client, host: str, forwarded: str) -> Any:
            answer = client.get(path, headers={"Host": host, "X-Forwarded-Host": forwarded}).json()
            return answer["data"]["1"]["name"] if answer["status"] == "ok" else answer["error"]

        for forwarded in ("na.example", "NA.example.:443", "eu.example, na.example"):
            assert name(proxy, "eu.example", forwarded) == "Charlie"
            assert name(stranger, "eu.example", forwarded) == "Alice"
        assert name(proxy, "inner", "eu.example") == "Alice"
        assert name(proxy, "eu.example", "nowhere.example") == UNKNOWN
        assert name(proxy, "eu.example", "") == "Alice"
        assert name(proxy, "eu.example", "not a host") == "Alice"
        assert name(stranger, "inner", "eu.example") == UNKNOWN


@pytest.mark.parametrize("host", ["example", "127.0.0.1", "eu.example.org", "xn--eu-example"])
def test_a_host_of_no_cluster_serves_nothing(server: Server, host: str) -> None:
    """And says so, in the form of the dialect."""
    answer = ask(server, "/v2/players/1", host)
    assert answer.status_code == 404
    assert answer.json() == {"text": "this host serves no data. Use one of the documented hosts."}


def test_nothing_of_one_cluster_answers_for_another(server: Server, application: str) -> None:
    """Records, filters, totals, tags."""
    assert ask(server, "/v2/players/2", "na.example").status_code == 404
    assert ask(server, "/v2/players?name=alice", "eu.example").json() == [1]
    assert ask(server, "/v2/players?name=alice", "na.example").json() == []
    assert ask(server, "/v2/players", "na.example").headers["x-result-total"] == "1"
    calls = (f"/wot-1.0/data/players/?application_id={application}&{query}" for query in ("id=1", "", "name=x", "fields=id"))
    for path in ("/v2/players/1", "/v2/players?ids=all", *calls):
        tag = ask(server, path, "eu.example").headers["etag"]
        assert ask(server, path, "eu.example", **{"If-None-Match": tag}).status_code == 304
        assert ask(server, path, "na.example", **{"If-None-Match": tag}).status_code == 200


def test_headers_and_parameters_of_strangers_choose_no_cluster(server: Server) -> None:
    """Neither as a proxy would say it nor as a parameter."""
    for headers in ({"X-Forwarded-Host": "na.example"}, {"Forwarded": "host=na.example"}, {"X_Forwarded_Host": "na.example"}):
        assert len(ask(server, "/v2/players?cluster=na", "eu.example", **headers).json()) == 2


@pytest.mark.covers("L9")
def test_editions_are_of_a_cluster_and_go_back_alone(server: Server, application: str) -> None:
    """What is rolled back in Europe stays in America; what is live is so at once."""
    write(server.folder, "eu", "Alice", "Bob", "Dora")
    write(server.folder, "na", "Charlie", "Emil")
    assert server.run("publish").returncode == 0
    eventually(server, "eu.example", ["Alice", "Bob", "Dora"])
    eventually(server, "na.example", ["Charlie", "Emil"])
    assert server.run("rollback", "--cluster", "eu").returncode == 0
    eventually(server, "eu.example", ["Alice", "Bob"])
    assert names(server, "na.example") == ["Charlie", "Emil"]
    assert told(server, application, "eu.example", query="id=3")["data"] == {"3": None}
    assert told(server, application, "eu.example", "wot-1.0/news/newcomers", "id=3")["data"] == {"3": {"id": 3, "name": "Dora"}}
    assert told(server, application, "na.example", "wot-1.0/news/newcomers", "id=3")["data"] == {"3": None}
    listed: list[dict[str, Any]] = json.loads(server.run("editions", "--json").stdout)["editions"]
    assert [(each["cluster"], each["current"]) for each in listed if each["catalog"] == "armory"] == [
        ("asia", True), ("asia", False), ("eu", False), ("eu", True), ("na", True), ("na", False)]
