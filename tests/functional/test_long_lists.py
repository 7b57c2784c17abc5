"""A million records in other formats take no more memory than a thousand, and hold up nobody."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ..conftest import Server

pytestmark = pytest.mark.slow         # it publishes a million records

MANY, SOME = 1_000_000, 40_000
CATALOG = f"""
    from typing import Annotated

    from dragoman import Catalog, Filter, Key, Record, Renamed, Rows

    catalog = Catalog("long", formats=("xml", "csv"))

    def rows(count):
        return ({{"id": n, "name": f"Row {{n}}", "on": n % 2 == 0}} for n in range(count))

    @catalog.resource("few", Rows(lambda: rows(1_000)))
    class Few(Record):
        id: Annotated[int, Key()]
        name: str
        on: bool

    @catalog.resource("many", Rows(lambda: rows({MANY})))
    class Many(Few):
        pass

    @catalog.resource("some", Rows(lambda: rows({SOME})))
    class Some(Few):
        on: Annotated[bool, Filter()]

    catalog.change("2020-01-01", Some, "`on` was `active`.", Renamed("on", before="active"))
"""
GROWTH_MAX_MB = 32
"""How much more memory a million may take: some batches under way, and what the allocator keeps of them."""


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(catalog=CATALOG)


def memory_mb(server: Server) -> float:
    """What belongs to the server alone; pages of mapped files are the kernel's to drop."""
    found = re.search(r"^RssAnon:\s+(\d+) kB$", Path(f"/proc/{server.process.pid}/status").read_text(), re.M)
    assert found is not None
    return int(found[1]) / 1024


class Watch(threading.Thread):
    """The highest memory of a server while something is asked of it, and the longest that another client waited."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server, self.peak_mb, self.wait_s = server, memory_mb(server), 0.0
        self.over = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.server.url) as client:
            while not self.over.wait(0.05):
                begun = time.monotonic()
                assert client.get("/v2/few/7").status_code == 200
                self.wait_s = max(self.wait_s, time.monotonic() - begun)
                self.peak_mb = max(self.peak_mb, memory_mb(self.server))


def read(server: Server, path: str, accept: str) -> tuple[int, bytes, float]:
    """How many records an answer has, its end, and the seconds it took; never held whole."""
    counted, last = 0, b""
    mark = b"<item>" if "xml" in accept else b"\r\n"
    begun = time.monotonic()
    with httpx.stream("GET", server.url + path, headers={"accept": accept, "accept-encoding": "identity"}, timeout=60) as answer:
        for part in answer.iter_raw():
            joint = last[-len(mark) + 1:] + part
            counted += joint.count(mark)
            last = joint[-200:]
    return counted - ("csv" in accept), last, time.monotonic() - begun


@pytest.mark.parametrize("accept", ["application/xml", "text/csv"])
def test_a_million_records_take_no_more_memory_than_a_thousand(server: Server, accept: str) -> None:
    """While they are sent, others are answered."""
    assert read(server, "/v2/few?ids=all", accept)[0] == 1_000
    before = memory_mb(server)
    watch = Watch(server)
    watch.start()
    try:
        counted, last, took_s = read(server, "/v2/many?ids=all", accept)
    finally:
        watch.over.set()
        watch.join()
    print(f"{accept}: {took_s:.1f} s, {took_s / MANY * 1e6:.1f} us a record, {watch.peak_mb - before:.0f} MB more, "
          f"others waited {watch.wait_s * 1000:.0f} ms at most")
    assert counted == MANY
    assert last.endswith(b"</many>" if "xml" in accept else b"999999,Row 999999,false\r\n")
    assert watch.peak_mb - before < GROWTH_MAX_MB
    assert watch.wait_s < 2


@pytest.mark.covers("G10")
@pytest.mark.parametrize(("asked", "name", "step"), [
    ("v=latest", "on", 1), ("v=earliest", "active", 1), ("v=earliest&active=true", "active", 2), ("v=latest&on=true", "on", 2)])
def test_a_long_list_of_an_old_version_has_every_record(server: Server, asked: str, name: str, step: int) -> None:
    """That of one that is not compiled is more than is held, and streamed."""
    answer = server.get(f"/v2/some?ids=all&{asked}")
    assert answer.json() == [{"id": number, "name": f"Row {number}", name: number % 2 == 0} for number in range(0, SOME, step)]
    assert answer.headers["x-result-count"] == answer.headers["x-result-total"] == str(SOME // step)
    again = server.get(f"/v2/some?ids=all&{asked}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = server.ask("HEAD", f"/v2/some?ids=all&{asked}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


def test_a_client_that_leaves_ends_what_was_written_for_it(server: Server) -> None:
    """Nothing more is read or written for nobody."""
    for _ in range(5):
        with httpx.stream("GET", server.url + "/v2/many?ids=all", headers={"accept": "application/xml"}, timeout=60) as answer:
            assert next(answer.iter_raw())
    deadline = time.monotonic() + 10
    while _spends(server):
        assert time.monotonic() < deadline
    assert server.get("/v2/few/7").status_code == 200


def test_a_client_that_does_not_read_holds_no_more_than_a_few_batches(server: Server) -> None:
    """The rest is written when there is room for it."""
    before = memory_mb(server)
    with httpx.stream("GET", server.url + "/v2/many?ids=all", headers={"accept": "application/xml"}, timeout=60) as answer:
        assert answer.status_code == 200
        deadline = time.monotonic() + 10
        while _spends(server):
            assert time.monotonic() < deadline
        assert memory_mb(server) - before < GROWTH_MAX_MB


def _spends(server: Server) -> bool:
    """Whether a server works on something at present."""
    def spent() -> int:
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = spent()
    time.sleep(0.5)
    return spent() - before > 15        # hundredths of a second, of fifty
