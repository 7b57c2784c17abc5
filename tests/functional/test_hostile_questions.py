"""Questions that no honest client asks: each costs little, tells little, and leaves the server as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from ..conftest import Server
from ..timing import best_s

CATALOG = """
    import asyncio
    import sys
    from typing import Annotated

    from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort

    catalog = Catalog("hostile", languages=("en", "de"))

    def rows():
        return ({"id": n, "name": {"en": f"Thing {n}", "de": f"Ding {n}"}, "price": n} for n in range(500))

    @catalog.resource("things", Rows(rows))
    class Thing(Record):
        id: Annotated[int, Key()]
        name: Annotated[Localized, Search(), Sort()]
        price: Annotated[int, Filter(), Sort()]

    @catalog.method("astray/exit")
    def leave() -> int:
        sys.exit(3)

    @catalog.method("astray/exit-later")
    async def leave_later() -> int:
        sys.exit(3)

    @catalog.method("astray/interrupt")
    def interrupt() -> int:
        raise KeyboardInterrupt

    @catalog.method("astray/stop")
    def stop() -> int:
        raise StopIteration("secret")

    @catalog.method("astray/cancel")
    def cancel() -> int:
        raise asyncio.CancelledError("secret")

    @catalog.method("astray/cancel-later")
    async def cancel_later() -> int:
        raise asyncio.CancelledError("secret")

    @catalog.method("astray/value")
    def value(kind: str) -> dict[str, str]:
        deep: dict = {}
        for _ in range(100_000):
            deep = {"secret": deep}
        return {"surrogate": {"secret": chr(0xD800)}, "deep": deep, "class": {"secret": object}}[kind]
"""


@pytest.fixture(scope="module")
def hostile(serve: Callable[..., Server]) -> Server:
    """A server that everybody here is rude to."""
    server = serve(catalog=CATALOG)
    server.get("/")                                 # the Room loads beside the first answers; its CPU is not theirs
    return server


def cpu_s(server: Server) -> float:
    """What its process has used so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


REFUSED = {
    "a language of a thousand subtags": "/v2/things?lang=qq-" + "abcdefg-" * 990 + "b",
    "a language without an end": "/v2/things?lang=" + "a" * 8_000,
    "a page size of 201": "/v2/things?page=0&page_size=201",
    "a page of a thousand digits": "/v2/things?page=" + "9" * 1_000,
    "as many ids as fit": "/v2/things?ids=" + ",".join(str(n) for n in range(1_600)),
    "nothing but commas": "/v2/things?ids=" + "," * 8_000,
    "thousands of wrong values": "/v2/things?price=" + ",".join(f"x{n}" for n in range(1_400)),
    "a thousand filters": "/v2/things?" + "&".join(f"price=x{n}" for n in range(700)),
    "more parameters than are read": "/v2/things?" + "a&" * 4_000,
    "a path of slashes": "/v2/" + "/" * 8_000,
    "a path of escapes": "/v2/" + "%41" * 2_600,
    "an id of digits": "/v2/things/" + "9" * 8_000,
    "a schema version that begins well": "/v2/things?v=latest-and-more",
    "a schema version in other digits": "/v2/things?v=" + quote("２０２４-01-01"),
    "a method that is given too much": "/v2/astray/value?kind=" + "k&kind=" * 900,
}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="CPU of another process is read from /proc")
@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_costs_little_and_is_short(hostile: Server, name: str) -> None:
    """Under 5 ms of CPU each, and not much more than the question itself in answer."""
    first = hostile.get(REFUSED[name])
    assert 400 <= first.status_code < 500, first.text[:300]
    assert len(first.content) < 2_000
    assert first.headers["cache-control"] == "no-store"

    def each_s() -> float:
        began = cpu_s(hostile)
        for _ in range(30):
            hostile.get(REFUSED[name])
        return (cpu_s(hostile) - began) / 30

    assert best_s(each_s, 0.005) < 0.005                # what runs beside the answers is not theirs


@pytest.mark.parametrize("header", [
    {"Accept-Language": "en-" + "abcdefg-" * 1_500 + "b"}, {"Accept-Language": "q-x," * 3_000},
    {"Accept-Encoding": "gzip," * 2_500}, {"If-None-Match": '"x",' * 3_000}, {"X-Schema-Version": "latest"},
    {"Range": "bytes=" + "0-0," * 3_900}, {"Cookie": "a=b;" * 3_900}, {"Authorization": "Bearer " + "x" * 15_000},
], ids=lambda header: " ".join(header))
def test_endless_headers_change_nothing(hostile: Server, header: dict[str, str]) -> None:
    """The whole list, in the language that a catalog has first."""
    answer = hostile.get("/v2/things", headers=header)
    assert answer.status_code == 200
    assert len(answer.json()) == 500
    assert answer.headers["content-language"] == "en"


def test_links_do_not_repeat_a_long_question_five_times(hostile: Server) -> None:
    """Previous and next are enough to walk, and proxies take the head."""
    long = ",".join(str(n) for n in range(500))
    answer = hostile.get(f"/v2/things?price={long}&page=1&page_size=10")
    assert answer.status_code == 200
    assert re.findall(r"rel=(\w+)", answer.headers["link"]) == ["previous", "next"]
    address = re.findall(r"<([^>]+)>; rel=next", answer.headers["link"])[0]
    assert [each["id"] for each in hostile.get(address).json()] == list(range(20, 30))


def test_links_lead_on_however_page_was_written(hostile: Server) -> None:
    """`%70age` is `page`: to repeat it beside the new one would be refused."""
    answer = hostile.get("/v2/things?%70age=1&pa%67e_size=10&%61ccess_token=secret&lang=de")
    assert "secret" not in answer.headers["link"]
    address = re.findall(r"<([^>]+)>; rel=next", answer.headers["link"])[0]
    assert hostile.get(address).json()[0]["name"] == "Ding 20"


@pytest.mark.parametrize("path", [
    "exit", "exit-later", "interrupt", "stop", "cancel", "cancel-later", "value?kind=surrogate", "value?kind=deep",
    "value?kind=class", "value?kind=none"])
def test_a_method_that_goes_astray_fails_alone(hostile: Server, path: str) -> None:
    """Its client learns the request id at once; the server neither ends nor waits for it."""
    answer = hostile.get(f"/v2/astray/{path}")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["text"]
    assert "secret" not in answer.text
    assert answer.elapsed.total_seconds() < 5
    assert hostile.process.poll() is None
    assert hostile.get("/v2/things/1").status_code == 200


def test_a_function_that_ends_the_process_publishes_nothing_and_says_so(
    serve: Callable[..., Server], tmp_path: Path,
) -> None:
    """`sys.exit(0)` among the rows is no success."""
    (tmp_path / "trap").touch()
    server = serve(folder=tmp_path, catalog="""
        import sys
        from pathlib import Path
        from typing import Annotated

        from dragoman import Catalog, Key, Record, Rows

        catalog = Catalog("trap")

        def rows():
            yield {"id": 1}
            if not Path("trap").exists():
                sys.exit(0)

        @catalog.resource("things", Rows(rows))
        class Thing(Record):
            id: Annotated[int, Key()]
    """)
    (tmp_path / "trap").unlink()
    told = server.run("publish", "catalog.py")
    assert told.returncode == 1
    assert "its function failed after 1 rows: SystemExit" in told.stderr
    assert server.get("/v2/things").json() == [1]


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("path", [
    "/v2/things", "/v2/things/7", "/v2/things?ids=1,2", "/v2/things?ids=1,9999", "/v2/things?ids=all", "/v2/things?page=1",
    "/v2/things?page=0&price=3", "/v2/things?page=999", "/v2/things/none", "/v2/none", "/v2", "/v2.json", "/v2/things?lang=xx"])
def test_head_tells_what_get_would(hostile: Server, path: str, coding: str) -> None:
    """RFC 9110, 9.3.2: the same status and headers, and no body; a condition is met by both alike."""
    headers = {"Accept-Encoding": coding}
    changing = ("date", "x-request-id")

    def told(verb: str, **more: str) -> tuple[int, list[tuple[str, str]]]:
        answer = hostile.ask(verb, path, headers={**headers, **more})
        assert verb == "GET" or not answer.content
        return answer.status_code, sorted(each for each in answer.headers.items() if each[0] not in changing)

    for _ in range(3):                              # a coding that is not prepared is asked for with the second ask,
        told("GET")
    get, head, again = told("GET"), told("HEAD"), told("GET")
    while get != again and get[0] < 400:            # and comes some time after it
        get, head, again = again, told("HEAD"), told("GET")
    if get[0] >= 400:                               # errors name their request, so bodies may differ in length only by that
        assert get[0] == head[0]
    else:
        assert get == head
        tag = dict(get[1])["etag"]
        assert told("GET", **{"If-None-Match": tag}) == told("HEAD", **{"If-None-Match": tag})
        status, kept = told("GET", **{"If-None-Match": tag})
        assert status == 304
        for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
            assert dict(kept)[name] == dict(get[1])[name]


@pytest.mark.parametrize("verb", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "FROB"])
@pytest.mark.parametrize("path", ["/v2", "/v2/things", "/v2/things/1", "/v2/astray/value?kind=none", "/health/live", "/metrics"])
def test_other_verbs_are_refused_with_those_that_are_allowed(hostile: Server, verb: str, path: str) -> None:
    """405 and `Allow`, whatever the verb is called, and nothing of the request comes back."""
    answer = hostile.ask(verb, path, headers={"X-Secret": "canary"})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "canary" not in answer.text
