"""What an operator relies on, with the real command: workers, TLS, stopping, ids, logs, health, metrics, broken sources."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..conftest import Server, start

CATALOG = """
import asyncio
import os
from pathlib import Path
from typing import Annotated
from dragoman import Catalog, File, Key, Record

catalog = Catalog("shop")


@catalog.resource("things", File("things.csv"))
class Thing(Record):
    id: Annotated[int, Key()]
    name: str


@catalog.method("worker/pid")
async def pid(seconds: float = 0.0) -> int:
    Path(__file__).with_name("asked").touch()
    await asyncio.sleep(seconds)
    return os.getpid()
"""


def write(folder: Path, *rows: str) -> None:
    """The things, as they are now; in one step."""
    (folder / "aside.csv").write_text("id,name\n" + "".join(row + "\n" for row in rows))
    (folder / "aside.csv").rename(folder / "things.csv")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start `dragoman serve` with options."""
    started: list[Server] = []

    def begin(*options: str) -> Server:
        folder = tmp_path_factory.mktemp("shop")
        write(folder, "1,Ball")
        (folder / "catalog.py").write_text(CATALOG)
        started.append(start(folder, "catalog.py", *options))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.process.terminate()
            server.process.wait(20)
        assert server.process.stdout is not None
        server.process.stdout.close()


@pytest.fixture(scope="module")
def two(run: Callable[..., Server]) -> Server:
    """A server of two workers."""
    return run("--workers", "2")


def eventually(ask: Callable[[], Any], expected: Any, within_s: float = 10) -> None:
    """Ask until the answer is the expected one."""
    until = time.monotonic() + within_s
    while (found := ask()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert found == expected


def ask(server: Server, path: str) -> Any:
    """The JSON of an answer, on a connection of its own; quicker than a whole client."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def pids(server: Server) -> set[int]:
    """Whoever answers."""
    return {ask(server, "/v2/worker/pid") for _ in range(40)}


def names(server: Server) -> set[str]:
    """The names of the things, from whichever workers."""
    return {json.dumps([each["name"] for each in ask(server, "/v2/things?ids=all")]) for _ in range(12)}


def test_every_worker_takes_a_new_edition_without_a_restart(two: Server) -> None:
    """And goes back; none of them is replaced."""
    before = pids(two)
    assert len(before) == 2
    write(two.folder, "1,Ball", "2,Kite")
    assert two.run("publish").returncode == 0
    eventually(lambda: names(two), {'["Ball", "Kite"]'})
    assert two.run("rollback").returncode == 0
    eventually(lambda: names(two), {'["Ball"]'})
    eventually(lambda: pids(two), before)       # which of them answers is the system's choice


@pytest.mark.parametrize(("rows", "told"), [
    (["1,Ball", "2,Kite", "1,Top"], ["data/things", "1", "twice"]),
    (["1,Ball", "x,Kite"], ["data/things", "id", "x"]),
    (["1,Ball", ",Kite"], ["data/things", "id"]),
    (["1,Ball,3"], ["things"]),
])
def test_a_source_that_does_not_fit_is_told_and_the_old_edition_serves(two: Server, rows: list[str], told: list[str]) -> None:
    """A key that stands twice, one that is none, one that is missing, a row that is too long: one line, no traceback."""
    before = names(two)
    write(two.folder, *rows)
    ended = two.run("publish")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    for part in told:
        assert part in ended.stderr
    assert names(two) == before


def test_a_source_that_vanishes_is_told_and_the_old_edition_serves(two: Server) -> None:
    """The server never needed it."""
    before = names(two)
    (two.folder / "things.csv").unlink()
    ended = two.run("publish")
    assert ended.returncode == 1
    assert "things" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert names(two) == before
    write(two.folder, "1,Ball")


def test_an_id_of_a_request_is_in_its_answer_and_in_the_log(two: Server) -> None:
    """In one line of JSON, with what was asked and what came out, and without the secrets of the query."""
    answers = [two.get(path) for path in ("/v2/things/1?access_token=hush", "/v2/things/9", "/v2/things?lang=xx")]

    def lines() -> dict[str, dict[str, Any]]:
        return {line["request_id"]: line for line in two.logged if line["event"] == "answered"}

    eventually(lambda: all(answer.headers["x-request-id"] in lines() for answer in answers), expected=True)
    told = [lines()[answer.headers["x-request-id"]] for answer in answers]
    assert [(line["path"], line["status"], line["outcome"], line["dialect"], line["target"]) for line in told] == [
        ("/v2/things/1", 200, "ok", "gw2", "data/things"), ("/v2/things/9", 404, "not-found", "gw2", "data/things"),
        ("/v2/things", 400, "language-unknown", "gw2", "data/things")]
    assert "hush" not in two.log.read_text()
    for line in two.log.read_text().splitlines():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", json.loads(line)["time"])


def test_metrics_are_prometheus_text_that_counts_every_worker(two: Server) -> None:
    """Read by Prometheus' own parser; whichever worker is asked tells of all."""
    def count() -> float:
        text = two.get("/metrics").text
        families = {family.name: family for family in text_string_to_metric_families(text)}
        return sum(sample.value for sample in families["dragoman_requests"].samples
                   if sample.labels.get("target") == "data/things" and sample.labels.get("status") == "404")

    time.sleep(1.2)                             # what was asked before is flushed
    before = count()
    for _ in range(40):
        ask(two, "/v2/things/404")
    eventually(count, before + 40)
    assert two.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")


def test_health_is_told_by_every_worker(two: Server) -> None:
    """Both are ready."""
    assert {ask(two, path)["status"] for path in ("/health/live", "/health/ready") for _ in range(12)} == {"live", "ready"}


def test_requests_under_way_finish_when_the_server_is_told_to_stop(run: Callable[..., Server]) -> None:
    """The answer is whole, the connection says that it closes, and the status is success."""
    server = run("--workers", "2")
    (server.folder / "asked").unlink(missing_ok=True)
    found: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: found.append(server.get("/v2/worker/pid?seconds=1")))
    asking.start()
    eventually((server.folder / "asked").exists, expected=True)
    assert server.stop() == 0
    asking.join(10)
    assert [answer.status_code for answer in found] == [200]
    place = urlsplit(server.url)
    assert place.hostname is not None
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((place.hostname, place.port or 80), timeout=5)


def test_tls_is_spoken_and_nothing_else(run: Callable[..., Server], tmp_path: Path) -> None:
    """With the certificate and the key of the command line; addresses in answers need no host."""
    if shutil.which("openssl") is None:
        pytest.skip("TLS IS NOT TESTED: there is no openssl command on this machine to make a certificate with")
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert,
                    "-days", "2"], check=True, capture_output=True, timeout=30)
    server = run("--tls-cert", cert, "--tls-key", key)
    assert server.url.startswith("https://")
    context = ssl.create_default_context(cafile=cert)
    assert server.get("/v2/things/1", verify=context).json() == {"id": 1, "name": "Ball"}
    assert server.get("/health/ready", verify=context).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url.replace("https", "http") + "/v2/things/1", timeout=5)
    assert server.stop() == 0
