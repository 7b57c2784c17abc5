"""Long operations as the pipeline answers for them: begun, looked at, cancelled, told, by whom they may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman import Caller, Catalog, Localized, MethodError, Record
from dragoman.assembly import assemble, open_operations
from dragoman.errors import Code, Fault, refuse
from dragoman.exchange import Answer, OperationResult, Request, Work
from dragoman.observations import ignore
from dragoman.operations.jobs import JobQueue
from dragoman.settings import Settings


class Line(Record):
    """A line."""

    number: int
    text: Localized


class Odd(MethodError):
    """It is odd."""

    status = 409


def none_of_seven(seven: int) -> bool:
    """Whoever asks for less than eight."""
    return seven < 8


def make_catalog() -> Catalog:
    catalog = Catalog("works", languages=("en", "de"), permissions={"account": "Your account", "other": "Another"})

    @catalog.method("works/lines", operation=True, authenticated=True)
    def lines(count: int) -> Iterator[Line]:
        return iter(())

    @catalog.method("works/seven", verb="POST", operation=True, permission="account", allows=none_of_seven, raises=[Odd])
    def do_seven(seven: int) -> int:
        return seven

    return catalog.load()


class Stand:
    """A data plane over a store, with keys by their names."""

    def __init__(self, folder: Path, make: Callable[[], Catalog] = make_catalog) -> None:
        settings = Settings(data_dir=str(folder))
        self.catalog = make()
        self.plane = assemble([(self.catalog, "default", {})], settings, ignore, self)
        self.jobs = JobQueue(open_operations(settings))

    def identify(self, credentials: Any, request: Request) -> Caller:  # noqa: ARG002  # the contract's
        name = next(iter(credentials)).text
        if name not in ("alice", "bob", "poor"):
            raise refuse(Code.CREDENTIAL_INVALID, "invalid key")
        permissions = frozenset() if name == "poor" else frozenset({"account"})
        return Caller(account={"alice": 1, "poor": 1}.get(name, 2), permissions=permissions, key=name)

    def ask(self, path: str, whose: str = "alice", verb: str = "GET", **headers: str) -> tuple[Answer, Any]:
        """Ask in gw2; the answer and what its body says."""
        path, _, query = path.partition("?")
        given = {"authorization": f"Bearer {whose}", **headers}
        request = Request(verb=verb, path=f"/v2/{path}".encode(), query=query.encode(), id="1", host="x", peer="127.0.0.1",
                          headers={name.replace("_", "-").encode(): text.encode() for name, text in given.items()})

        async def run() -> tuple[Answer, bytes]:
            found = self.plane.answerer.answer(request)
            answer = await found.run() if isinstance(found, Work) else found
            body = answer.body
            return answer, bytes(body) if isinstance(body, (bytes, memoryview)) else b"".join([part async for part in body])
        answer, body = asyncio.run(run())
        return answer, json.loads(body) if body else None

    def begin(self, path: str = "works/seven?seven=4", verb: str = "POST", whose: str = "alice") -> int:
        """Begin one; its id."""
        answer, told = self.ask(path, whose, verb)
        assert answer.status == 202, told
        return int(told["operation"])

    def finish(self, *parts: bytes, listed: bool = False) -> None:
        """Do the oldest as a worker would."""
        claim = self.jobs.claim("w", ["works"])
        assert claim is not None
        for number, part in enumerate(parts):
            assert self.jobs.add_part(claim, number, part)
        assert self.jobs.finish(claim, OperationResult(lease=claim.lease, parts=len(parts), items=3, size_bytes=9, is_list=listed))


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_it_tells_how_it_is_until_it_is_done(stand: Stand) -> None:
    id = stand.begin()
    answer, told = stand.ask(f"works/seven?operation={id}")
    headers = dict(answer.headers)
    assert (answer.status, told) == (202, {"operation": id, "state": "queued", "done": 0, "total": None})
    assert headers[b"location"] == f"/v2/works/seven?operation={id}".encode()
    assert (headers[b"retry-after"], headers[b"x-progress"]) == (b"1", b"0/*")
    claim = stand.jobs.claim("w", ["works"])
    assert claim is not None
    assert stand.jobs.beat(claim, 3, 7) is False
    answer, told = stand.ask(f"works/seven?operation={id}")
    assert (answer.status, told["state"], told["done"], told["total"]) == (202, "running", 3, 7)
    assert dict(answer.headers)[b"x-progress"] == b"3/7"
    assert stand.jobs.add_part(claim, 0, b"[4]")
    assert stand.jobs.finish(claim, OperationResult(lease=claim.lease, parts=1, items=1, size_bytes=3, is_list=False))
    answer, told = stand.ask(f"works/seven?operation={id}")
    assert (answer.status, told) == (200, 4)


def test_a_list_is_shown_in_the_language_of_whoever_asks(stand: Stand) -> None:
    """Short and long: one part is a value, several are a stream of the same form."""
    line = b'{"number":%d,"text":{"en":"one","de":"eins"}}'
    for parts in ([], [b"[%b]" % (line % 1)], [b"[%b,%b]" % (line % 1, line % 2), b"[%b]" % (line % 3)]):
        id = stand.begin("works/lines?count=1", "GET")
        stand.finish(*parts, listed=True)
        answer, told = stand.ask(f"works/lines?operation={id}&lang=de")
        assert answer.status == 200
        numbers = [number + 1 for number in range(sum(part.count(b"number") for part in parts))]
        assert told == [{"number": number, "text": "eins"} for number in numbers]
        assert isinstance(answer.body, bytes) == (len(parts) < 2)


@pytest.mark.parametrize("parts", [
    [b'[{"number":1,"text":"one"}]'], [b'[{"number":1}]'], [b'[{"number":1,"text":{"en":"one"},"secret":"1"}]'], [b"[1]"],
    [b'[{"number":1,"words":{"en":"one"}}]', b'[{"number":2,"words":{"en":"two"}}]'], [b'[{"number":"1","text":{"en":"one"}}]'],
])
def test_a_result_of_an_earlier_form_of_its_method_is_told_before_anything_is_sent(stand: Stand, parts: list[bytes]) -> None:
    """The catalog may have changed since: names that are gone would crash, and what was hidden by its name would be shown."""
    id = stand.begin("works/lines?count=1", "GET")
    stand.finish(*parts, listed=True)
    answer, told = stand.ask(f"works/lines?operation={id}")
    assert (answer.status, "another form" in told["text"]) == (409, True)


def test_a_list_is_no_single_value_and_the_other_way_round(stand: Stand) -> None:
    one, several = stand.begin("works/lines?count=1", "GET"), stand.begin()
    stand.finish(b'[{"number":1,"text":{"en":"one"}}]')
    stand.finish(b"[1,2]", listed=True)
    assert [stand.ask(path)[0].status for path in (f"works/lines?operation={one}", f"works/seven?operation={several}")] == [409, 409]


def test_whatever_is_not_yours_is_not_there(stand: Stand) -> None:
    """Another's, another method's, one that never was, and what can be no id: the same answer letter by letter."""
    id = stand.begin()
    told = {text: stand.ask(f"works/seven?operation={text}", "bob") for text in (str(id), "999", "0", "x", "-1", "1" * 30, "007")}
    told["other"] = stand.ask(f"works/lines?count=1&operation={id}")
    assert {(answer.status, body["text"]) for answer, body in told.values()} == {(404, "no such operation")}
    assert len({tuple(each for each in answer.headers if each[0] != b"ratelimit") for answer, _ in told.values()}) == 1
    assert stand.ask(f"works/seven?operation={id}", "bob", "DELETE")[0].status == 404
    assert stand.ask(f"works/seven?operation={id}")[1]["state"] == "queued"


def test_the_permission_is_needed_again(stand: Stand) -> None:
    id = stand.begin()
    assert stand.ask(f"works/seven?operation={id}", "poor")[0].status == 403


def test_its_rule_is_judged_when_it_is_begun(stand: Stand) -> None:
    assert stand.ask("works/seven?seven=9", verb="POST")[0].status == 403
    assert stand.jobs.claim("w", ["works"]) is None


def test_what_failed_says_why_and_what_was_cancelled_says_so(stand: Stand) -> None:
    id = stand.begin()
    claim = stand.jobs.claim("w", ["works"])
    assert claim is not None
    fault = Fault(code=Code.METHOD_FAILED, message="It is odd.", field="seven", facts={"error": "Odd", "status": 409})
    assert stand.jobs.fail(claim, fault)
    answer, told = stand.ask(f"works/seven?operation={id}")
    assert (answer.status, told["text"]) == (409, "seven: It is odd.")
    id = stand.begin()
    answer, told = stand.ask(f"works/seven?operation={id}", verb="DELETE")
    assert (answer.status, told["state"]) == (200, "cancelled")
    answer, told = stand.ask(f"works/seven?operation={id}")
    assert answer.status == 410
    assert "cancelled" in told["text"]


def test_verbs(stand: Stand) -> None:
    """Begun by its own verb alone, never by HEAD; asked for by GET too."""
    assert stand.ask("works/lines?count=1", verb="HEAD")[0].status == 405
    assert stand.ask("works/seven?seven=1")[0].status == 405
    assert stand.ask("works/seven?operation=1", verb="PUT")[0].status == 405
    id = stand.begin()
    for verb in ("GET", "HEAD", "POST"):
        assert stand.ask(f"works/seven?operation={id}", verb=verb)[0].status == 202


def test_the_same_key_is_the_same_operation(stand: Stand) -> None:
    """For those that begin by GET, too; other arguments are a conflict."""
    one, two = (stand.ask("works/lines?count=1", idempotency_key="k") for _ in range(2))
    assert one[1] == two[1]
    assert stand.ask("works/lines?count=2", idempotency_key="k")[0].status == 409
    assert stand.ask("works/lines?count=1")[1] != one[1]


def test_too_many_are_refused_with_the_remedy(stand: Stand) -> None:
    for _ in range(20):
        stand.begin()
    answer, told = stand.ask("works/seven?seven=4", verb="POST")
    assert answer.status == 429
    assert "cancel one" in told["text"]
    stand.begin(whose="bob")
