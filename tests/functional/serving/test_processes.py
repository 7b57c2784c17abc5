"""Processes: starting, stopping, workers that die, TLS, the log."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ...timing import best_s
from .conftest import ROOT, Running, free_port, read_all, statuses, wait_until

GET = b"GET /v2/echo HTTP/1.1\r\nHost: a.example\r\n"


def alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids_answering(server: Running, tries: int = 60) -> set[int]:
    """The workers that answer, asked on connections of their own."""
    return {server.get("/v2/echo").json()["pid"] for _ in range(tries)}


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


# ---------------------------------------------------------------------------------------- start


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_answer_comes_within_a_second_of_the_start(run: Callable[..., Running], workers: int) -> None:
    """What the interpreter imports is part of it; the best of a few, as the machine may be busy with other things."""

    def seconds() -> float:
        began = time.monotonic()
        server = run("ours", workers=workers)
        assert server.get("/v2/echo").status_code == 200
        took_s = time.monotonic() - began
        server.stop()
        return took_s

    assert best_s(seconds, 1.0) < 1.0


def test_a_port_in_use_is_told_with_the_remedy(ours: Running) -> None:
    """No traceback, and nothing is left behind."""
    values = json.dumps({"port": ours.port, "data_dir": str(ours.folder)})
    found = subprocess.run([sys.executable, "-m", "tests.functional.serving.stand", values], cwd=ROOT, text=True,
                           capture_output=True, timeout=20, check=False)
    assert found.returncode == 1
    assert f"127.0.0.1:{ours.port} is in use" in found.stderr
    assert "--port" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(("settings", "told"), [
    ({"host": "192.0.2.1"}, "no address of this machine"),
    ({"host": "no.such.host.invalid"}, "no address of this machine"),
    ({"tls_cert": "only.pem"}, "both a certificate and its key"),
    ({"tls_cert": "missing.pem", "tls_key": "missing.pem"}, "no certificate and its key"),
])
def test_what_cannot_be_listened_on_is_told_with_the_remedy(tmp_path: Path, settings: dict, told: str) -> None:
    """An address that is not ours, half a certificate, one that is none."""
    values = json.dumps({"port": 0, "data_dir": str(tmp_path), **settings})
    found = subprocess.run([sys.executable, "-m", "tests.functional.serving.stand", values], cwd=ROOT, text=True,
                           capture_output=True, timeout=20, check=False)
    assert found.returncode == 1
    assert told in found.stderr
    assert "Traceback" not in found.stderr


# ---------------------------------------------------------------------------------------- stop


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_requests_under_way_finish_when_the_server_stops(run: Callable[..., Running], workers: int, sig: int) -> None:
    """An answer that takes a second is given whole; new connections are refused; the status is 0."""
    server = run("ours", workers=workers)
    with server.connect() as idle, server.connect() as busy:
        idle.sendall(GET + b"\r\n")
        busy.sendall(b"GET /v2/slow?n=1000 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert server.wait_for("begun")
        server.process.send_signal(sig)
        raw = read_all(busy)
        read_all(idle)
    assert statuses(raw) == [200]
    assert b'"slept": 1000' in raw
    assert b"connection: close" in raw
    assert server.process.wait(10) == 0
    assert (server.folder / "stopped").exists()
    events = [line["event"] for line in server.logged]
    assert events.count("started") == events.count("stopped") == workers
    with pytest.raises(OSError, match="refused"):
        server.connect()


_SLOW_STARTERS = """
import os, signal, sys, time
from dragoman.serving.workers import Workers

def work(parent):
    time.sleep(0.6)                             # still importing: no handler of its own yet
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    while not stopped:
        time.sleep(0.01)

Workers(2, work, print, 30).run(lambda: os.kill(os.getpid(), signal.SIGTERM))
"""


def test_a_server_that_is_stopped_while_its_workers_start_ends() -> None:
    """They are told until they hear it, not killed half a minute later."""
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", _SLOW_STARTERS], cwd=ROOT, capture_output=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert time.monotonic() - began < 10


_FREEZES = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > 0))
from dragoman.cli import main
main(["editions", "--data-dir", sys.argv[1]])
"""


def test_a_process_that_ends_does_not_look_for_what_is_unused(tmp_path: Path) -> None:
    """A server would take half a second for it after all is written and closed."""
    command = [sys.executable, "-c", _FREEZES, str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert ended.stdout.splitlines()[-1] == "True", ended.stderr


def test_work_that_outlives_the_time_to_stop_is_given_up(run: Callable[..., Running]) -> None:
    """The process ends all the same."""
    server = run("ours", http={"stop_timeout_s": 1})
    with server.connect() as busy:
        busy.sendall(b"GET /v2/slow?n=60000 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert server.wait_for("begun")
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
    assert server.wait_for("cancelled")


def test_a_large_answer_under_way_arrives_whole(run: Callable[..., Running]) -> None:
    """Though the server was told to stop in its middle."""
    server = run("ours")
    with server.connect() as connection:
        connection.sendall(b"GET /v2/large?n=20000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        first = connection.recv(1000)
        server.process.terminate()
        time.sleep(0.3)
        raw = first + read_all(connection)
    assert len(raw.partition(b"\r\n\r\n")[2]) == 20_000_000


# ---------------------------------------------------------------------------------------- workers


def test_a_worker_that_is_killed_is_replaced(run: Callable[..., Running]) -> None:
    """Its place is taken within seconds, the others answer meanwhile, and its counts are kept."""
    server = run("ours", workers=2)
    workers = children(server.process.pid)
    assert len(workers) == 2
    for _ in range(20):
        server.get("/v2/echo/counted")
    def total() -> int:
        return sum(int(float(count)) for count in re.findall(
            r'dragoman_requests_total\{.*status="200".*\} ([0-9.]+)', server.get("/metrics").text))

    assert wait_until(lambda: min(total() for _ in range(12)) >= 20, 10)     # whichever is asked: each has told its counts
    victim = min(workers)
    os.kill(victim, signal.SIGKILL)
    assert wait_until(lambda: len(children(server.process.pid) - {victim}) == 2, 5)
    assert victim not in pids_answering(server, 20)
    assert total() >= 20
    assert any(f"worker {victim} ended with status -9" in line.get("message", "") for line in server.logged)
    assert server.stop() == 0
    assert not any(alive(pid) for pid in workers)


def test_metrics_of_all_workers_come_out_together(run: Callable[..., Running]) -> None:
    """Whichever worker is asked, after at most a second."""
    server = run("ours", workers=2)
    for _ in range(50):
        server.get("/v2/echo")
    def totals() -> set[str]:
        found = set()
        for _ in range(8):
            found.update(re.findall(r"dragoman_requests_total\{.*\} ([0-9.]+)", server.get("/metrics").text))
        return found
    assert wait_until(lambda: totals() == {"50.0"}, 5), totals()


def test_workers_end_when_their_supervisor_is_killed(run: Callable[..., Running]) -> None:
    """No orphan keeps the port."""
    server = run("ours", workers=2)
    workers = children(server.process.pid)
    server.process.kill()
    server.process.wait(5)
    assert wait_until(lambda: not any(alive(pid) for pid in workers), 10)
    with pytest.raises(OSError, match="refused"):
        server.connect()


def test_workers_draw_different_request_ids(run: Callable[..., Running]) -> None:
    """They are forked from one process, and must not share its store of random bytes."""
    server = run("ours", workers=2)
    ids = [server.get("/v2/echo").headers["x-request-id"] for _ in range(100)]
    assert len(set(ids)) == 100


# ---------------------------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-signed certificate for this machine."""
    if shutil.which("openssl") is None:
        pytest.skip("TLS IS NOT TESTED: there is no openssl command on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert,
                    "-days", "2"], check=True, capture_output=True, timeout=30)
    return cert, key


@pytest.fixture(scope="module")
def secure(run: Callable[..., Running], certificate: tuple[str, str]) -> Running:
    """A server that speaks TLS."""
    return run("ours", tls_cert=certificate[0], tls_key=certificate[1])


def test_https_is_spoken_with_a_certificate(secure: Running, certificate: tuple[str, str]) -> None:
    """And the answerer is told the scheme."""
    assert secure.url.startswith("https://")
    context = ssl.create_default_context(cafile=certificate[0])
    with httpx.Client(verify=context) as client:
        assert client.get(secure.url + "/v2/echo").json()["scheme"] == "https"
        assert len(client.get(secure.url + "/v2/large?n=5000000").content) == 5_000_000
        assert client.post(secure.url + "/v2/slow?n=50", content=b"abc").json()["body"] == "abc"


def test_refusals_arrive_over_tls(secure: Running, certificate: tuple[str, str]) -> None:
    """Though a half of a TLS connection cannot be closed."""
    context = ssl.create_default_context(cafile=certificate[0])
    with secure.connect() as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall(b"GET /v2/echo HTTP/1.1\r\nHost: a b\r\n\r\n" + GET + b"\r\n")
        raw = b""
        try:
            while part := connection.recv(65_536):
                raw += part
        except ssl.SSLEOFError:
            pass
    assert statuses(raw) == [400]


def test_plain_text_sent_to_tls_is_closed(secure: Running) -> None:
    """Nothing is answered in clear."""
    assert b"HTTP/1.1 200" not in secure.say(GET + b"\r\n")
    assert not [line for line in secure.logged if line["event"] == "crashed"]


# ---------------------------------------------------------------------------------------- the log and proxies


def test_lines_of_the_log_are_json_whatever_clients_send(run: Callable[..., Running]) -> None:
    """CR, LF and ESC in path and agent make one escaped line; no line is broken, none is forged."""
    server = run("ours")
    for path in ("/v2/%0d%0a%1b[31mforged", "/v2/%00", "/v2/%ff", '/v2/"quoted"'):
        server.say(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\nUser-Agent: \x80\xffagent\r\n"
                   b"Connection: close\r\n\r\n")
    server.say(b"GET /v2/x HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x1b[31m\r\n\r\n")
    assert server.stop() == 0
    lines = (server.folder / "log").read_bytes().splitlines()
    assert all(set(json.loads(line)) >= {"time", "event"} for line in lines)
    assert [json.loads(line)["path"] for line in lines if b'"answered"' in line] == [
        "/v2/%0d%0a%1b[31mforged", "/v2/%00", "/v2/%ff", '/v2/"quoted"', "/v2/x"]
    assert not any(byte < 0x20 or byte == 0x7F for line in lines for byte in line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", json.loads(lines[0])["time"])


def test_lines_are_written_within_a_second_or_so(run: Callable[..., Running]) -> None:
    """Though they are kept for a moment."""
    server = run("ours")
    server.get("/v2/echo")
    assert wait_until(lambda: any(line["event"] == "answered" for line in server.logged), 3)


def test_the_access_log_can_be_switched_off(run: Callable[..., Running]) -> None:
    """Everything else is still told."""
    server = run("ours", access_log=False)
    server.get("/v2/echo")
    server.get("/v2/crash")
    server.stop()
    assert [line["event"] for line in server.logged] == ["started", "crashed", "stopped"]


def test_trusted_proxies_are_believed_and_nobody_else(run: Callable[..., Running]) -> None:
    """The nearest address that is no proxy of ours, its scheme and host; a rotating first entry changes nothing."""
    server = run("ours", http={"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]},
                 clusters={"eu": {"hosts": ["eu.example"]}})

    def ask(**headers: str) -> dict:
        return server.get("/v2/echo", headers={name.replace("_", "-"): value for name, value in headers.items()}).json()

    told = ask(X_Forwarded_For="198.51.100.7, 192.0.2.9, 10.1.2.3", X_Forwarded_Proto="https",
               X_Forwarded_Host="EU.example", X_Request_Id="abc.DEF-1")
    assert (told["peer"], told["scheme"], told["host"], told["cluster"], told["id"]) == (
        "192.0.2.9", "https", "eu.example", "eu", "abc.DEF-1")
    assert {ask(X_Forwarded_For=f"203.0.113.{n}, 192.0.2.9")["peer"] for n in range(5)} == {"192.0.2.9"}
    told = ask(X_Forwarded_For="nonsense", X_Forwarded_Proto="gopher", X_Forwarded_Host="a b", X_Request_Id="a b")
    assert (told["peer"], told["scheme"], told["cluster"]) == ("127.0.0.1", "http", "")
    assert told["id"] != "a b"


def test_many_clients_at_once_are_all_answered(run: Callable[..., Running]) -> None:
    """On connections of their own, while others come and go."""
    server = run("ours", workers=2)
    found: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=20) as client:
            found.extend(client.get("/v2/echo").status_code for _ in range(25))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 400


def test_a_free_port_is_found_where_none_is_named(ours: Running) -> None:
    """Port 0, and the address is told."""
    assert ours.port != 0
    assert free_port() != ours.port
    with socket.create_connection(("127.0.0.1", ours.port), timeout=5):
        pass
