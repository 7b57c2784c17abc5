"""Methods over real HTTP, as the gw2 dialect asks for them: parameters, bodies, verbs, errors, time, departure."""

from __future__ import annotations

import base64
import contextlib
import json
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ..conftest import Server
from ..timing import best_s, took_s

CATALOG = '''
import asyncio
import datetime as dt
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from dragoman import Attachment, Caller, Catalog, Key, Named, Record, Rows

catalog = Catalog("tools", languages=("en", "de"), permissions={"account": "Your account"})
HERE = Path(__file__).parent


class Part(Record):
    name: str
    weights: list[float] = []


@catalog.resource("parts", Rows(lambda: [{"id": 1}]))
class Kept(Record):
    id: Annotated[int, Key()]


@catalog.method("tools/tell")
def tell(
    count: int, half: float = 0.5, loud: bool = False, on: dt.date | None = None, price: Decimal = Decimal("1.50"),
    size: Literal["s", "l"] = "s", tags: list[str] | None = None, lang: Annotated[str, Named(gw2="choice")] = "none",
) -> dict[str, Any]:
    """All that was read, as it was read."""
    return {"count": count, "half": half, "loud": loud, "on": on, "price": price, "size": size, "tags": tags, "lang": lang}


@catalog.method("tools/bounded")
def bounded(count: Annotated[int, msgspec.Meta(ge=1, le=9)], name: Annotated[str, msgspec.Meta(max_length=3)] = "") -> int:
    return count


@catalog.method("tools/assemble", verb="POST")
def assemble(part: Part, count: int = 1, note: str | None = None) -> dict[str, Any]:
    return {"part": {"name": part.name, "weights": part.weights}, "count": count, "note": note}


@catalog.method("tools/write", verb="POST")
async def write(text: str, times: int = 1, tags: list[str] | None = None) -> dict[str, Any]:
    return {"text": text, "times": times, "tags": tags}


class Stored(Record):
    size: int
    back: Attachment


@catalog.method("tools/store", verb="POST")
def store(file: Attachment, times: int = 1) -> Stored:
    return Stored(size=len(file.content) * times, back=file)


@catalog.method("tools/measure", verb="POST")
def measure(files: list[Attachment]) -> list[int]:
    return [len(file.content) for file in files]


@catalog.method("tools/mark", verb="PUT")
def mark(text: str) -> str:
    return text


@catalog.method("tools/remove", verb="DELETE")
def remove(number: int) -> None:
    (HERE / f"removed-{number}").touch()


@catalog.method("tools/who")
def who(caller: Caller) -> str | None:
    return caller.subject


@catalog.method("tools/nap", timeout_s=0.3)
async def nap(seconds: float, mark: str = "x") -> str:
    (HERE / f"napping-{mark}").touch()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        (HERE / f"cancelled-{mark}").touch()
        raise
    return "rested"


@catalog.method("tools/long")
async def long(mark: str) -> str:
    return await nap(60, mark)


@catalog.method("tools/block", timeout_s=0.3)
def block(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


@catalog.method("tools/hold")
def hold(seconds: float) -> str:
    time.sleep(seconds)
    return "done"


@catalog.method("tools/fail")
def fail(how: str = "raise") -> Any:
    if how == "surrogate":
        return "\\ud800"
    if how == "object":
        return object()
    if how == "stop":
        return next(iter(()))
    if how == "exit":
        raise SystemExit(3)
    if how == "timeout":
        raise TimeoutError("the secret of /srv/data")
    raise ValueError("the secret of /srv/data")


@catalog.method("tools/leave")
async def leave() -> None:
    raise SystemExit(3)


@catalog.method("tools/grind", verb="POST", operation=True)
def grind(count: int) -> int:
    return count


@catalog.method("tools/mine", permission="account")
def mine(caller: Caller) -> str | None:
    return caller.subject
'''
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """A server of a catalog of methods."""
    return serve(catalog=CATALOG)


def text_of(answer: Any) -> str:
    """The text of an error, in the form of the dialect."""
    told = answer.json()
    assert list(told) == ["text"]
    assert answer.headers["cache-control"] == "no-store"
    return str(told["text"])


def wait_for(file: Path, within_s: float = 5) -> bool:
    """Whether a file appears."""
    until = time.monotonic() + within_s
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return file.exists()


# ---------------------------------------------------------------------------------------- parameters by query


@pytest.mark.parametrize(("query", "found"), [
    ("count=3", {"count": 3, "half": 0.5, "loud": False, "on": None, "price": 1.5, "size": "s", "tags": None, "lang": "none"}),
    ("count=-0", {"count": 0}),
    ("count=3&half=-1e3&loud=true&on=2024-02-29&price=0.10&size=l",
     {"half": -1000.0, "loud": True, "on": "2024-02-29", "price": 0.1, "size": "l"}),
    ("count=3&tags=a,b", {"tags": ["a", "b"]}), ("count=3&tags=a&tags=b", {"tags": ["a", "b"]}),
    ("count=3&choice=%D0%96%20%26+%F0%9F%98%80&lang=de", {"lang": "Ж & 😀"}), ("count=3&other=x", {"count": 3}),
])
def test_parameters_are_read_by_their_types(server: Server, query: str, found: dict[str, Any]) -> None:
    """By query; what a dialect reserves has its other name there, and what nobody declared is ignored."""
    answer = server.get(f"/v2/tools/tell?{query}")
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in found} == found
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_decimals_keep_their_digits(server: Server) -> None:
    """As a number of JSON."""
    assert '"price":0.10' in server.get("/v2/tools/tell?count=1&price=0.10").text


@pytest.mark.parametrize(("query", "told"), [
    ("", ["count: missing parameter", "integer"]),
    ("count=", ["count: invalid value `nothing`"]), ("count=x", ["count: invalid value `x`", "integer"]),
    ("count=1.0", ["count: invalid value `1.0`"]), ("count=9999999999999999999999", ["count: invalid value"]),
    ("count=1&count=2", ["count: invalid value `2 values`", "one value"]), ("count=1&half=nan", ["half: invalid value `nan`"]),
    ("count=1&on=2024-02-30", ["on: invalid value"]), ("count=1&size=m", ["size: invalid value `m`", "s, l"]),
    ("count=1&loud=maybe", ["loud: invalid value `maybe`"]),
    ("count=x&half=y&loud=z&on=w&size=v", ["count:", "half:", "loud:", "on:", "size:"]),
    ("count=x&lang=xx", ["count:", "lang: unknown language `xx`"]),
])
def test_everything_that_is_wrong_is_told_at_once(server: Server, query: str, told: list[str]) -> None:
    """With the name as the client wrote it, what was sent and what is expected."""
    answer = server.get(f"/v2/tools/tell?{query}")
    assert answer.status_code == 400
    for part in told:
        assert part in text_of(answer)


def test_constraints_are_told(server: Server) -> None:
    """From `msgspec.Meta`."""
    assert server.get("/v2/tools/bounded?count=9&name=abc").json() == 9
    text = text_of(server.get("/v2/tools/bounded?count=10&name=abcd"))
    assert "count: invalid value `10`" in text
    assert "name: invalid value `abcd`" in text


def test_a_fault_bears_the_name_of_the_dialect(server: Server) -> None:
    """`Named(gw2="choice")`: the declared name is the language there."""
    assert "choice: invalid value" in text_of(server.get("/v2/tools/tell?count=1&choice=a&choice=b"))


# ---------------------------------------------------------------------------------------- parameters by body


@pytest.mark.parametrize(("kind", "body"), [
    (FORM, b"text=caf%C3%A9+1&times=2&tags=a&tags=b"), ("application/json", '{"text": "café 1", "times": 2, "tags": ["a", "b"]}'),
    ("text/plain", '{"text": "café 1", "times": 2, "tags": ["a", "b"]}'), ("", b"text=caf%C3%A9+1&times=2&tags=a,b"),
    ("application/xml", "<w><text>café 1</text><times>2</times><tags><item>a</item><item>b</item></tags></w>"),
])
def test_a_form_json_and_xml_mean_the_same(server: Server, kind: str, body: Any) -> None:
    """Whatever the client calls it."""
    answer = server.ask("POST", "/v2/tools/write", content=body if isinstance(body, bytes) else body.encode(),
                        headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"text": "café 1", "times": 2, "tags": ["a", "b"]}


def test_query_and_body_join_and_the_body_wins(server: Server) -> None:
    """Texts of a query are read as texts, values of JSON by their own types."""
    answer = server.ask("POST", "/v2/tools/write?times=3&text=query", json={"text": "body"})
    assert answer.json() == {"text": "body", "times": 3, "tags": None}
    assert server.ask("POST", "/v2/tools/write?text=alone").json()["text"] == "alone"
    assert server.ask("PUT", "/v2/tools/mark", data={"text": "x"}).json() == "x"


def test_nested_arguments_come_by_body(server: Server) -> None:
    """Records and lists; their faults are told by path."""
    good = {"part": {"name": "wheel", "weights": [1, 2.5]}, "count": 4}
    assert server.ask("POST", "/v2/tools/assemble", json=good).json() == {**good, "note": None}
    answer = server.ask("POST", "/v2/tools/assemble", json={"part": {"weights": ["x", 1, None]}, "count": "4"})
    assert answer.status_code == 400
    for part in ("part.name: missing", "part.weights.0", "part.weights.2", "count: invalid value"):
        assert part in text_of(answer), answer.text


@pytest.mark.parametrize(("body", "told"), [
    (b'{"text": "a", "text": "b"}', "stands twice"), (b'{"text": NaN}', "NaN"), (b'{"text": ', "not JSON"), (b"[1]", "no object"),
    (b'{"text": "\\ud800"}', "surrogate"), (b'{"a":' * 60_000, "deep"), (b"\xff{", "UTF-8"), (b'{"text": "\xff"}', "UTF-8"),
    (b"<w><text>a</text><text>b</text></w>", "twice"), (b"<!DOCTYPE x><w/>", "DOCTYPE"), (b"<w>", "well-formed"),
    (b"text=%zz", "escape"), (b"text=a%00", "NUL"), (b'{"text": "a\\\\\\u0000"}', "NUL"), (b'{"a\\u0000": 1}', "NUL"),
    (b'{"text": ' + b"1" * 5000 + b"}", "too long"), (b'{"text": 5}', "text"),
], ids=lambda value: value if isinstance(value, str) else value[:12].decode("latin-1"))
def test_a_body_that_cannot_be_read_is_told(server: Server, body: bytes, told: str) -> None:
    """In the form of the dialect, and never as a fault of ours."""
    answer = server.ask("POST", "/v2/tools/write", content=body)
    assert answer.status_code == 400
    assert told in text_of(answer), answer.text


def test_a_backslash_and_what_follows_it_is_a_text(server: Server) -> None:
    """Only what means a NUL is one."""
    answer = server.ask("POST", "/v2/tools/write", content=b'{"text": "a\\\\u0000"}')
    assert answer.json()["text"] == "a\\u0000"


def test_files_come_in_parts_or_in_base64_and_go_back(server: Server) -> None:
    """Byte by byte, with their names and types; several under one name are a list."""
    content = bytes(range(256)) + b"\r\n--x"
    told = {"name": "Ж.bin", "media_type": "image/png", "content": base64.b64encode(content).decode()}
    sent = server.ask("POST", "/v2/tools/store", data={"times": "2"}, files={"file": ("Ж.bin", content, "image/png")})
    assert sent.json() == {"size": len(content) * 2, "back": told}
    assert server.ask("POST", "/v2/tools/store", json={"times": 2, "file": told}).json() == sent.json()
    two = [("files", ("a", b"1", "text/plain")), ("files", ("b", b"22", "text/plain"))]
    assert server.ask("POST", "/v2/tools/measure", files=two).json() == [1, 2]
    assert server.ask("POST", "/v2/tools/write", files={"text": (None, b"x")}).json()["text"] == "x"


@pytest.mark.parametrize(("body", "kind", "told"), [
    (b"--x--", "multipart/form-data; boundary=x", "file: missing parameter"),
    (b"--x\r\n", "multipart/form-data; boundary=x", "malformed body"), (b"x", "multipart/form-data", "no form"),
    (b"--x--", "multipart/mixed; boundary=x", "no form"), (b"", "multipart/form-data; boundary=x", "file: missing parameter"),
    (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n', "multipart/form-data; boundary=x", "file: invalid"),
    (b'--x\r\nContent-Disposition: form-data; name="times"\r\n\r\n\xff\r\n--x--\r\n', "multipart/form-data; boundary=x", "UTF-8"),
    (b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % each for each in range(101)) + b"--x--",
     "multipart/form-data; boundary=x", "malformed body"),
    (b'--x\r\nContent-Disposition: form-data; name="times"\r\n\r\n1\0\r\n--x--\r\n', "multipart/form-data; boundary=x",
     "times: malformed body: a NUL"),
    (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0b"\r\n\r\n1\r\n--x--\r\n',
     "multipart/form-data; boundary=x", "NUL"),
    (b'{"file": {"name": "a", "content": "%%%"}}', "application/json", "file.content: invalid"),
], ids=lambda value: value if isinstance(value, str) else value[:12].decode("latin-1"))
def test_parts_that_cannot_be_read_are_told(server: Server, body: bytes, kind: str, told: str) -> None:
    """As any other body."""
    answer = server.ask("POST", "/v2/tools/store", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert told in text_of(answer), answer.text


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    """413 names the limit."""
    answer = server.ask("POST", "/v2/tools/write", content=b"text=" + b"x" * 1_048_576)
    assert answer.status_code == 413
    assert "1048576" in text_of(answer)


# ---------------------------------------------------------------------------------------- verbs


@pytest.mark.parametrize(("path", "verb"), [
    ("tell?count=1", "GET"), ("write?text=a", "POST"), ("mark?text=a", "PUT"), ("remove?number=1", "DELETE"),
])
def test_a_method_answers_its_own_verb_alone(server: Server, path: str, verb: str) -> None:
    """405 with `Allow` for every other; HEAD goes with GET."""
    for asked in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
        answer = server.ask(asked, f"/v2/tools/{path}")
        if asked == verb or (asked, verb) == ("HEAD", "GET"):
            assert answer.status_code == 200, (asked, answer.text)
        else:
            assert answer.status_code == 405, asked
            assert answer.headers["allow"] == ("GET, HEAD, OPTIONS" if verb == "GET" else f"{verb}, OPTIONS")
            assert asked == "HEAD" or verb in text_of(answer)
    assert server.ask("OPTIONS", f"/v2/tools/{path}").status_code == 204


def test_a_method_that_returns_nothing_answers_null(server: Server) -> None:
    """And has done its work."""
    assert server.ask("DELETE", "/v2/tools/remove?number=77").json() is None
    assert (server.folder / "removed-77").exists()


def test_head_has_the_headers_of_get_and_no_body(server: Server) -> None:
    """RFC 9110, 9.3.2."""
    get, head = server.get("/v2/tools/tell?count=1"), server.ask("HEAD", "/v2/tools/tell?count=1")
    assert head.content == b""
    assert ({name: value for name, value in head.headers.items() if name not in ("date", "x-request-id")}
            == {name: value for name, value in get.headers.items() if name not in ("date", "x-request-id")})


@pytest.mark.parametrize("path", ["tell/1", "tell/", "nothing", "", "write/%00", "write/%ff"])
def test_below_a_method_there_is_nothing(server: Server, path: str) -> None:
    """A method has no ids; one slash at its end means nothing."""
    for verb in ("GET", "POST"):
        answer = server.ask(verb, f"/v2/tools/{path}")
        expected = {"tell/": (400, 405), "write/%00": (400,), "write/%ff": (400,)}.get(path, (404,))
        assert answer.status_code in expected, (verb, answer.text)
        text_of(answer)


# ---------------------------------------------------------------------------------------- who, faults, time


def test_what_needs_a_permission_is_refused_to_everybody_as_yet(server: Server) -> None:
    """No key, and a key that nobody issued."""
    until = time.monotonic() + 20
    while server.get("/v2/tools/mine").status_code == 503 and time.monotonic() < until:
        time.sleep(0.05)                        # keys are known a moment after the first answer
    for headers, told in (({}, "endpoint requires authentication"), ({"Authorization": "Bearer x"}, "invalid key")):
        answer = server.get("/v2/tools/mine", headers=headers)
        assert answer.status_code == 403
        assert text_of(answer) == told
    assert server.get("/v2/tools/who?caller=alice").json() is None
    assert text_of(server.get("/v2/tools/who", headers={"Authorization": "Bearer x"})) == "invalid key"   # a good one is told more


def test_nobody_in_particular_can_start_a_long_operation(server: Server) -> None:
    """It would be everybody's."""
    answer = server.ask("POST", "/v2/tools/grind", json={"count": 1}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403
    assert "whose it is" in text_of(answer)
    assert server.ask("POST", "/v2/tools/grind", json={"count": "x"}).status_code == 400


@pytest.mark.parametrize("path", ["fail", "fail?how=object", "fail?how=surrogate", "fail?how=exit", "fail?how=stop", "leave"])
def test_a_method_that_fails_tells_the_request_id_and_nothing_else(server: Server, path: str) -> None:
    """The log holds the rest; the server goes on, though the method wanted to end it."""
    answer = server.get(f"/v2/tools/{path}")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in text_of(answer)
    for secret in ("secret", "srv", "Error", "Traceback", ".py", "object"):
        assert secret not in answer.text
    assert server.get("/v2/tools/tell?count=1").status_code == 200
    until = time.monotonic() + 5
    while not any(line["event"] == "crashed" and line["request_id"] == answer.headers["x-request-id"] for line in server.logged):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize(("path", "mark"), [("nap?seconds=30&mark=late", "late"), ("block?seconds=1.5", None)])
def test_a_method_that_takes_too_long_is_given_up(server: Server, path: str, mark: str | None) -> None:
    """504 at its time limit; an asynchronous one is cancelled. One that is quicker is answered."""
    answer = server.get(f"/v2/tools/{path}")
    assert answer.status_code == 504
    assert "took too long" in text_of(answer)
    assert best_s(lambda: took_s(lambda: server.get(f"/v2/tools/{path}")), 1.3) < 1.3
    assert mark is None or wait_for(server.folder / f"cancelled-{mark}")
    assert server.get(f"/v2/tools/{path.partition('=')[0]}=0.01").status_code == 200


def test_a_time_out_of_its_own_is_one(server: Server) -> None:
    """Whatever a method waited for; nothing of it is told."""
    answer = server.get("/v2/tools/fail?how=timeout")
    assert answer.status_code == 504
    assert "secret" not in text_of(answer)


def test_a_method_is_cancelled_when_its_client_leaves(server: Server) -> None:
    """Nobody computes for nobody."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port or 80), timeout=10) as connection:
        connection.sendall(b"GET /v2/tools/long?mark=gone HTTP/1.1\r\nHost: a\r\n\r\n")
        assert wait_for(server.folder / "napping-gone")
        assert not (server.folder / "cancelled-gone").exists()
    assert wait_for(server.folder / "cancelled-gone")


def test_methods_that_block_hold_up_nobody(server: Server) -> None:
    """They run beside the event loop."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(socket.create_connection((place.hostname, place.port or 80), timeout=10)) for _ in range(4)]
        for connection in waiting:
            connection.sendall(b"GET /v2/tools/hold?seconds=5 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert server.get("/v2/tools/tell?count=1").status_code == 200
        assert server.get("/v2/parts/1").status_code == 200
        assert not select.select(waiting, [], [], 0)[0], "what blocks was over before what does not"


def test_methods_are_listed(server: Server) -> None:
    """With what they need."""
    routes = {route["path"]: route for route in json.loads(server.get("/v2.json").text)["routes"]}
    assert routes["/v2/tools/mine"]["auth"] is True
    assert routes["/v2/tools/tell"] == {"path": "/v2/tools/tell", "lang": False, "auth": False, "active": True}
    assert "/v2/tools/mine [a]" in server.get("/v2").text
