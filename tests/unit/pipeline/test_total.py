"""Whatever a dialect does, every request gets an answer, and the log the reason."""

import asyncio

import pytest

from dragoman import Catalog
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.errors import Code, Fault
from dragoman.exchange import Answer, Request, Work
from dragoman.limits.memory import MemoryMeter
from dragoman.pipeline.answer import Pipeline
from dragoman.pipeline.calls import Calls
from dragoman.pipeline.encoding import Encoder
from dragoman.pipeline.execute import Executor
from dragoman.pipeline.gate import Gate
from dragoman.pipeline.rendered import Rendering
from dragoman.pipeline.results import Showing
from dragoman.query import Ask, Paging, Query, Terms
from dragoman.serving.runtime import AsyncioRuntime

ID = "0123456789abcdef"


class Unspeakable(Exception):
    """One that cannot even tell itself."""

    def __repr__(self):
        raise self


class Whimsical:
    """A dialect that fails in one of its steps; `writing` fails the first so many times."""

    name, mount, exposed_headers, unknown_parameters, paging = "whimsical", "/", (), "ignore", Paging()
    terms = Terms()
    shows_extra = hidden_nulls = keyed = verbs_alike = False

    def __init__(self, fails="", writing=0, verbs="GET"):
        self.fails, self.left, self.verbs = fails, writing, verbs

    def serves(self, _path):
        self.step("serves")
        return True

    def takes_body(self, _request):
        return False

    def read(self, _request):
        self.step("read")
        return Query(target="data/greeting", catalog="shop", ask=Ask.CALL)

    def write(self, outcome, _request):
        if self.left:
            self.left -= 1
            raise Unspeakable
        return Answer(status=200, headers=[], body=type(outcome).__name__.encode())

    def step(self, name):
        if self.fails == name:
            raise Unspeakable


def make(dialect):
    catalog = Catalog("shop")

    @catalog.method("data/greeting")
    def greet() -> str:
        return "Hello"

    greeting = catalog.load().methods["data/greeting"]
    told = []
    gate = Gate(Register(Digester(b"k" * 32), stale_max_s=60), MemoryMeter())
    runtime = AsyncioRuntime()
    executor = Executor(None, None, Calls(runtime, {}, None, Showing()), None, runtime, Rendering(0))
    return Pipeline({("shop", "data/greeting"): (catalog, greeting)}, [dialect], gate, executor, Encoder(1_000), told.append, 0), told


def answer(pipeline, verb="GET"):
    given = pipeline.answer(Request(verb=verb, path=b"/", id=ID))
    return asyncio.run(_run(given)) if isinstance(given, Work) else given


async def _run(work):
    return await work.run()


@pytest.mark.parametrize("dialect", [
    Whimsical("serves"), Whimsical("read"), Whimsical(writing=1), Whimsical("read", writing=1),
], ids=["serves", "read", "write", "read and write"])
def test_a_dialect_that_fails_once_still_says_that_something_went_wrong(dialect):
    pipeline, told = make(dialect)
    assert answer(pipeline).body in (b"Refused", b"Result")
    assert all("Unspeakable" in each.traceback for each in told)
    assert told
    assert len(told[0].error) < 2_000


@pytest.mark.parametrize("verb", ["GET", "OPTIONS"])
def test_a_dialect_that_cannot_write_at_all_is_spoken_for_in_plain_words(verb):
    pipeline, told = make(Whimsical(writing=10, verbs="\ud800"))
    given = answer(pipeline, verb)
    assert (given.status, given.outcome, given.dialect) == (500, Code.INTERNAL, "whimsical")
    assert ID.encode() in given.body
    assert (b"cache-control", b"no-store") in given.headers
    assert {each.request_id for each in told} == {ID}


def test_what_a_lane_could_not_read_is_answered_as_well():
    pipeline, told = make(Whimsical("serves", writing=10))
    given = pipeline.refuse(Request(verb="GET", path=b"/", id=ID), Fault(code=Code.BODY_TOO_LARGE, message="too much"))
    assert given.status == 500
    assert ID.encode() in given.body
    assert told


def test_a_path_is_of_no_dialect_that_fails_at_it():
    pipeline, told = make(Whimsical("serves"))
    assert not pipeline.serves(b"/")
    assert [each.stage for each in told] == ["serves"]
