"""The same conversations on uvicorn with our protocol, uvicorn with its own, Granian and Hypercorn."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from ...conftest import end
from .conftest import Running, start, wait_until

KINDS = ["ours", "uvicorn", "granian", "hypercorn"]


@pytest.fixture(scope="module", params=KINDS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The stand on each server in turn."""
    begun = start(tmp_path_factory.mktemp(request.param), request.param)
    yield begun
    end(begun.process)


def test_a_request_reaches_the_answerer_as_it_was_sent(running: Running) -> None:
    """Path and query stay percent-encoded; header names are lower case; an id is given and told."""
    answer = running.get("/v2/echo/caf%C3%A9%2Fx?a=1&b=%20", headers={"X-Thing": "one"})
    told = answer.json()
    assert (told["verb"], told["path"], told["query"]) == ("GET", "/v2/echo/caf%C3%A9%2Fx", "a=1&b=%20")
    assert told["headers"]["x-thing"] == "one"
    assert (told["peer"], told["scheme"], told["host"]) == ("127.0.0.1", "http", f"127.0.0.1:{running.port}")
    assert answer.headers["x-request-id"] == told["id"]
    assert len(told["id"]) == 16
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "date" in answer.headers


def test_ids_differ_and_are_not_taken_from_strangers(running: Running) -> None:
    """A client that nobody vouches for cannot choose its id."""
    ids = {running.get("/v2/echo", headers={"X-Request-Id": "mine"}).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5
    assert "mine" not in ids


def test_repeated_headers_are_joined_and_underscored_ones_dropped(running: Running) -> None:
    """RFC 9110, 5.3; `X_Forwarded_For` is nobody's header."""
    headers = [("A", "1"), ("A", "2"), ("X_Forwarded_For", "192.0.2.1")]
    told = running.get("/v2/echo", headers=headers).json()["headers"]
    assert told["a"] == "1, 2"
    assert "x_forwarded_for" not in told


def test_forwarded_headers_of_strangers_change_nothing(running: Running) -> None:
    """Address, scheme, host and cluster are what the connection says."""
    told = running.get("/v2/echo", headers={
        "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=192.0.2.1;host=evil.example",
    }).json()
    assert (told["peer"], told["scheme"], told["host"]) == ("127.0.0.1", "http", f"127.0.0.1:{running.port}")


@pytest.mark.parametrize("path", ["/v2/echo", "/v2/large?n=700000", "/v2/parts?n=10", "/", "/health/live", "/nowhere"])
def test_head_has_the_headers_of_get_and_no_body(running: Running, path: str) -> None:
    """RFC 9110, 9.3.2."""
    get, head = running.get(path), running.ask("HEAD", path)
    assert head.status_code == get.status_code
    assert head.content == b""
    varying = ("date", "x-request-id", "content-length")
    assert ({name: value for name, value in head.headers.items() if name not in varying}
            == {name: value for name, value in get.headers.items() if name not in varying})
    if path not in ("/v2/echo", "/nowhere"):            # whose bodies tell the verb, or the request's id
        assert head.headers["content-length"] == get.headers["content-length"]


def test_head_of_a_stream_does_not_start_it(running: Running) -> None:
    """Nothing is produced that nobody reads."""
    assert running.ask("HEAD", "/v2/stream?n=3").content == b""


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body_have_none(running: Running, status: int) -> None:
    """And say no length that a client would wait for."""
    with httpx.Client(base_url=running.url) as client:
        for _ in range(2):                      # the second shows that the connection stays in step
            answer = client.get(f"/v2/nothing?n={status}")
            assert answer.status_code == status
            assert answer.content == b""
            assert answer.headers.get("content-length") is None
            assert answer.headers["etag"] == '"e"'


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 5_000_000])
@pytest.mark.parametrize("form", ["large", "view", "parts"])
def test_every_form_of_body_arrives_whole(running: Running, form: str, size: int) -> None:
    """Bytes, a view of memory, and a sequence of both."""
    answer = running.get(f"/v2/{form}?n={size}")
    expected = b"[" + b"x" * size + b"," + b"y" * 10 + b"]" if form == "parts" else b"x" * size
    assert answer.content == expected
    assert answer.headers["content-length"] == str(len(expected))


def test_a_stream_arrives_whole(running: Running) -> None:
    """Without a length, chunk by chunk."""
    content = running.get("/v2/stream?n=40").content
    assert content == b"".join(b"chunk %d\n" % number + b"." * 20_000 for number in range(40))


def test_a_stream_that_breaks_midway_never_looks_complete(running: Running) -> None:
    """The connection ends; the document does not."""
    with pytest.raises(httpx.HTTPError), httpx.stream("GET", running.url + "/v2/broken?n=5", timeout=10) as answer:
        answer.read()


def test_a_stream_that_cannot_start_is_an_error(running: Running) -> None:
    """Its first chunk is awaited before the status is sent."""
    answer = running.get("/v2/broken?n=0")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("path", ["/v2/crash", "/v2/workcrash", "/crash"])
def test_an_unexpected_exception_tells_its_request_id_and_nothing_else(running: Running, path: str) -> None:
    """No class, no path, no text of the exception; a HEAD neither."""
    answer = running.get(path)
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    for secret in ("secret", "RuntimeError", "srv", "Traceback", ".py"):
        assert secret not in answer.text
    assert running.get("/v2/echo").status_code == 200


def test_bodies_are_read_where_the_answerer_wants_them(running: Running) -> None:
    """Plain and chunked."""
    assert running.ask("POST", "/v2/echo", content=b"a" * 1000).json()["body"] == "a" * 1000
    assert running.ask("PUT", "/v2/echo", content=iter([b"ab", b"cd"])).json()["body"] == "abcd"


@pytest.mark.parametrize("content", [b"a" * 1001, b"a" * 3_000_000], ids=["1001", "3000000"])
@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "chunked"])
def test_a_body_past_the_limit_is_refused_in_the_form_of_the_answerer(
    running: Running, content: bytes, chunked: bool,
) -> None:
    """As soon as it is known; a length that is declared is not read first. A client that goes on sending may see the
    connection end before it reads the answer; it never sees another one."""
    body = (content[start:start + 100_000] for start in range(0, len(content), 100_000)) if chunked else content
    try:
        answer = running.ask("POST", "/v2/echo", content=body)
    except (httpx.WriteError, httpx.ReadError):
        assert len(content) > 100_000
        return
    assert answer.status_code == 413
    assert answer.json() == {"refused": "body-too-large", "path": "/v2/echo"}


def test_work_is_awaited_and_given_its_body(running: Running) -> None:
    """An answer that takes time."""
    assert running.ask("POST", "/v2/slow?n=100", content=b"abc").json() == {"slept": 100, "body": "abc"}


def test_work_ends_when_its_client_leaves(running: Running) -> None:
    """Nobody computes for nobody."""
    (running.folder / "cancelled").unlink(missing_ok=True)
    (running.folder / "begun").unlink(missing_ok=True)
    with running.connect() as connection:
        connection.sendall(b"GET /v2/slow?n=20000 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert running.wait_for("begun")
    assert running.wait_for("cancelled", 5)


def test_an_endless_stream_ends_when_its_client_leaves(running: Running) -> None:
    """And what produces it is closed."""
    (running.folder / "closed").unlink(missing_ok=True)
    with running.connect() as connection:
        connection.sendall(b"GET /v2/endless HTTP/1.1\r\nHost: a\r\n\r\n")
        assert len(connection.recv(100)) > 0
        time.sleep(0.1)
    assert running.wait_for("closed", 5)


def test_a_stream_waits_for_its_reader(running: Running) -> None:
    """What produces it stands still while nobody reads, and goes on when somebody does: two gigabytes need no memory."""
    def produced() -> int:
        text = (running.folder / "waiting").read_text()
        return int(text) if text else -1

    with running.connect() as connection:
        connection.sendall(b"GET /v2/patient?waiting HTTP/1.1\r\nHost: a\r\n\r\n")
        assert running.wait_for("waiting")
        assert wait_until(lambda: _stands_still(produced), 10)
        before = produced()
        assert before < 1_500                   # thirty megabytes: what the system keeps for a connection
        for _ in range(100):
            connection.recv(1 << 20)
        assert wait_until(lambda: produced() > before, 10)
    assert wait_until(lambda: _stands_still(produced), 10)      # and it ends when the reader leaves
    assert produced() < 90_000


def _stands_still(count: Callable[[], int]) -> bool:
    before = count()
    time.sleep(0.3)
    return count() == before


def test_health_is_told(running: Running) -> None:
    """Live at once, ready when the data are."""
    assert running.get("/health/live").json() == {"status": "live"}
    assert running.get("/health/ready").json() == {"status": "ready"}
    (running.folder / "unready").touch()
    waiting = running.get("/health/ready")
    (running.folder / "unready").unlink()
    assert (waiting.status_code, waiting.json()) == (503, {"status": "starting"})
    assert waiting.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/health/live", "/metrics", "/nowhere"])
@pytest.mark.parametrize("verb", ["POST", "DELETE", "TRACE", "FROB"])
def test_only_reading_is_allowed_outside_the_data_plane(running: Running, verb: str, path: str) -> None:
    """405 with Allow."""
    answer = running.ask(verb, path)
    if answer.status_code in (400, 501):
        assert (verb, running.kind) != ("FROB", "ours")     # other servers' own word on verbs that they do not know
        assert verb == "FROB"
        return
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_the_room_is_cut_off_in_its_middle_rather_than_look_complete(running: Running) -> None:
    """What the Room has begun to say cannot be taken back."""
    with pytest.raises(httpx.HTTPError):
        running.get("/broken")
    assert running.get("/").text == "front"


def test_metrics_are_told_in_the_prometheus_form(running: Running) -> None:
    """Requests by dialect, target and status; durations, bytes, crashes by stage and the age of editions."""
    running.get("/v2/echo")
    running.get("/v2/crash")
    text = running.get("/metrics").text
    assert 'dragoman_requests_total{dialect="stand",status="200",target="stand/told"}' in text
    assert 'dragoman_request_duration_seconds_bucket{dialect="stand",le="+Inf"}' in text
    assert 'dragoman_edition_age_seconds{catalog="stand",cluster="default"}' in text
    assert 'dragoman_crashes_total{stage="lane"}' in text


def test_the_lifespan_is_kept(running: Running) -> None:
    """Hooks ran at the start."""
    assert running.wait_for("started")


def test_answers_are_observed_without_their_queries(run: Callable[..., Running]) -> None:
    """One line an answer, with status, size and time; secrets in queries are in no line."""
    server = run("ours")
    server.get("/v2/echo?access_token=hush")
    server.get("/v2/crash?access_token=hush")
    server.stop()
    answered = [line for line in server.logged if line["event"] == "answered"]
    assert [(line["path"], line["status"], line["outcome"]) for line in answered] == [
        ("/v2/echo", 200, "ok"), ("/v2/crash", 500, "internal")]
    assert answered[0]["size_bytes"] > 100
    assert answered[0]["time_us"] > 0
    crashed = next(line for line in server.logged if line["event"] == "crashed")
    assert crashed["request_id"] == answered[1]["request_id"]
    assert "the secret of /srv/data" in crashed["traceback"]
    assert "hush" not in json.dumps(server.logged)


def test_a_target_past_the_limit_is_refused_whoever_reads_it(running: Running) -> None:
    """Servers without a limit of their own would hand over hundreds of kilobytes, for every step to look at."""
    for path in ("/v2/echo?" + "x" * 20_000, "/v2/" + "/" * 20_000, "/" + "x" * 20_000):
        assert running.get(path).status_code == 414
    assert running.get("/v2/echo?" + "x" * 4_000).status_code == 200
