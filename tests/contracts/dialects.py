"""What every dialect has to keep, whatever its convention: derive a class, and say how to make one and how it is asked."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman import Catalog, Filter, Key, Record, Rows
from dragoman.catalog.names import check_names
from dragoman.catalog.resource import Resource
from dragoman.contracts import Dialect
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.errors import Code, Fault, Refusal
from dragoman.exchange import Answer, Refused, Request, Result, StartedOperation
from dragoman.query import Ask, Caller, Plan, Query, View

OURS = frozenset({Code.METHOD_FAILED, Code.INTERNAL, Code.TARGET_DISABLED, Code.NOT_READY, Code.SOURCE_UNAVAILABLE,
                  Code.SOURCE_TIMEOUT, Code.SOURCE_INVALID, Code.METHOD_TIMEOUT})
"""What is no client's fault; everything else must not look like a server that failed."""
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
FAULTS = st.builds(Fault, code=st.sampled_from(list(Code)), message=TEXTS, detail=TEXTS, hint=TEXTS,
                   field=st.none() | TEXTS, value=st.none() | TEXTS)


def make_catalog(name: str = "harbor") -> Catalog:
    """A resource in a group, one without, one whose path begins like another's, and methods."""
    catalog = Catalog(name, languages=("en", "de"))

    @catalog.resource("ships", Rows(list))
    class Ship(Record):
        id: Annotated[int, Key()]
        name: Annotated[str, Filter()]

    @catalog.resource("ships/crews", Rows(list))
    class Crew(Record):
        id: Annotated[str, Key()]

    @catalog.method("ships/count")
    def count(least: int = 0) -> int:
        return least

    @catalog.method("ships/launch", verb="POST")
    def launch(name: str) -> str:
        return name

    @catalog.method("ships/build", verb="POST", operation=True)
    def build(name: str) -> str:
        return name

    return catalog.load()


CATALOG = make_catalog()
KEYS = Register(Digester(b"k" * 32), stale_max_s=1.0)
"""A register in which there are no keys."""
TARGETS = {target.path: target for target in CATALOG.targets}


def request(path: str, verb: str = "GET", query: str = "", body: bytes = b"", **headers: str) -> Request:
    """A request as a lane hands it over."""
    given = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return Request(verb=verb, path=path.encode(), query=query.encode(), headers=given, body=body, id="0123456789abcdef",
                   host="api.example", peer="192.0.2.7")


def plan(path: str, ask: Ask, **given: Any) -> Plan:
    """What the pipeline would have made of a question."""
    stage = CATALOG.timeline.stage(TARGETS[path], "latest")
    return Plan(catalog=CATALOG, cluster="default", target=TARGETS[path], ask=ask, view=View("en"), stage=stage, caller=Caller(), **given)


def settle(query: Query, path: str) -> None:
    """Let a dialect read what it could not before the version was known."""
    if query.settle is not None:
        query.settle(CATALOG.timeline.stage(TARGETS[path], "latest"))


def results() -> list[Result]:
    """One result of every kind."""
    ship = b'{"id":1,"name":"Ark"}'
    facts: dict[str, Any] = {"tag": "7-en", "published_at": 1_700_000_000.0, "total": 3}
    return [
        Result(plan=plan("data/ships", Ask.KEYS), body=b"[1,2,3]", found=3, **facts),
        Result(plan=plan("data/ships", Ask.ONE, keys=("1",)), items=(ship,), keys=(b"1",), found=1, **facts),
        Result(plan=plan("data/ships", Ask.MANY, keys=("1", "9")), items=(memoryview(ship), None), keys=(b"1", b"9"),
               found=1, **facts),
        Result(plan=plan("data/ships", Ask.MANY, keys=("8", "9")), items=(None, None), keys=(b"8", b"9"), **facts),
        Result(plan=plan("data/ships", Ask.ALL), body=memoryview(b"[" + ship + b"]"), found=1, **facts),
        Result(plan=plan("data/ships", Ask.PAGE, page=1, page_size=1), items=(ship,), keys=(b"1",), found=1, **facts),
        Result(plan=plan("data/ships", Ask.PAGE, page=0, page_size=50), body=b"[]", tag="7-en"),
        Result(plan=plan("ships/count", Ask.CALL), value={"at": "2024-01-01", "many": [1, None, "Ж"]}, found=1, total=1),
        Result(plan=plan("ships/count", Ask.CALL), value=None, found=1, total=1),
    ]


def whole(answer: Answer) -> bytes:
    """The body of an answer that is there already."""
    body = answer.body
    assert isinstance(body, (bytes, memoryview, list, tuple))
    return bytes(body) if isinstance(body, (bytes, memoryview)) else b"".join(map(bytes, body))


MANY = settings(max_examples=120, deadline=None,
                suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])    # every dialect derives the same test


class DialectContract:
    """The tests of the contract `Dialect`."""

    def make(self) -> Dialect:
        """A dialect that knows no catalog yet."""
        raise NotImplementedError

    def read_error(self, answer: Answer) -> str:
        """The text of an error, from the dialect's own form; fails where it has another form."""
        raise NotImplementedError

    @pytest.fixture
    def dialect(self) -> Dialect:
        made = self.make()
        made.bind([CATALOG], KEYS)
        return made

    @pytest.fixture
    def addresses(self, dialect) -> dict[str, str]:
        found = {path: dialect.address_of("harbor", path) for path in TARGETS}
        return {path: address for path, address in found.items() if address is not None}

    # -------------------------------------------------------------------------------- names and addresses

    def test_it_says_what_it_is(self, dialect):
        assert re.fullmatch(r"[a-z0-9]+", dialect.name)
        assert dialect.mount == "" or re.fullmatch(r"(/[a-z0-9._-]+)+", dialect.mount)
        assert all(isinstance(name, str) and name == name.strip() and name for name in dialect.reserved | dialect.reserved_in_lists)
        assert 1 <= dialect.paging.size_default <= dialect.paging.size_max
        assert dialect.paging.too_many in ("refuse", "clamp")
        assert dialect.unknown_parameters in ("ignore", "refuse")
        assert dialect.keys_max >= 1
        assert {"GET", "OPTIONS"} <= set(dialect.verbs.split(", "))
        assert all(re.fullmatch(r"[A-Z][A-Za-z-]*[a-z]", name) for name in dialect.exposed_headers)

    def test_everything_has_an_address_that_is_served_and_claimed(self, dialect, addresses):
        claims = dialect.bind([CATALOG], KEYS)
        assert addresses
        assert len(set(addresses.values())) == len(addresses)
        for path, address in addresses.items():
            assert dialect.serves(address.encode()), path
            assert address in claims or address.rstrip("/") in claims, path

    def test_what_is_not_published_has_no_address(self, dialect):
        assert dialect.address_of("harbor", "data/boats") is None
        assert dialect.address_of("airport", "data/ships") is None
        assert self.make().address_of("harbor", "data/ships") is None

    def test_what_only_begins_like_its_mount_is_not_served(self, dialect, addresses):
        assert not dialect.serves(b"/")
        if dialect.mount:
            assert not dialect.serves(dialect.mount.encode() + b"x/ships")
            assert not dialect.serves(b"/elsewhere" + next(iter(addresses.values())).encode())

    def test_its_claims_clash_with_nothing_of_the_server(self, dialect):
        check_names({dialect.name: dialect.bind([CATALOG], KEYS)}, [CATALOG], [dialect])

    def test_binding_again_forgets_what_was_bound(self, dialect):
        dialect.bind([make_catalog("dock")], KEYS)
        assert dialect.address_of("harbor", "data/ships") is None
        assert dialect.address_of("dock", "data/ships") is not None

    # -------------------------------------------------------------------------------- reading

    def test_a_question_at_an_address_names_its_target(self, dialect, addresses):
        for path, address in addresses.items():
            query = dialect.read(request(address, getattr(TARGETS[path], "verb", "GET")))
            assert isinstance(query, Query)
            assert (query.target, query.catalog) == (path, "harbor")

    def test_reserved_names_never_reach_the_catalog(self, dialect, addresses):
        for path, address in (each for each in addresses.items() if isinstance(TARGETS[each[0]], Resource)):
            for name in dialect.reserved | dialect.reserved_in_lists:
                try:
                    query = dialect.read(request(address, query=f"{name}=1&other=2"))
                except Refusal:
                    continue
                assert isinstance(query, Query)
                settle(query, path)
                assert name not in query.parameters, (path, name)
                assert query.parameters["other"] == ["2"]

    def test_a_body_is_wanted_by_methods_that_write_and_by_nothing_else(self, dialect, addresses):
        assert dialect.takes_body(request(addresses["ships/launch"], "POST"))
        for path, address in addresses.items():
            assert not dialect.takes_body(request(address, "GET")), path
        assert not dialect.takes_body(request(dialect.mount + "/nothing/here", "POST"))

    @given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["GET", "HEAD", "POST", "PUT", "FROB"]),
           st.binary(max_size=60))
    @MANY
    def test_reading_gives_a_question_an_answer_or_a_refusal_and_nothing_else(self, tail, query, verb, body):
        dialect = self.make()
        dialect.bind([CATALOG], KEYS)
        base = dialect.address_of("harbor", "ships/launch" if verb in ("POST", "PUT") else "data/ships")
        for path in (base.encode() + tail, dialect.mount.encode() + b"/" + tail):
            asked = Request(verb=verb, path=path, query=query, body=body, headers={
                b"authorization": body[:20], b"accept-language": tail[:20], b"content-type": query[:20]})
            dialect.serves(path)
            dialect.takes_body(asked)
            try:
                read = dialect.read(asked)
                if isinstance(read, Query) and (read.catalog, read.target) in {("harbor", path) for path in TARGETS}:
                    settle(read, read.target)
            except Refusal as refusal:
                self.read_error(dialect.write(Refused(faults=refusal.faults), asked))
            else:
                assert isinstance(read, (Query, Answer))

    # -------------------------------------------------------------------------------- writing

    @pytest.mark.parametrize("code", list(Code))
    def test_every_code_is_told_in_its_form(self, dialect, addresses, code):
        """With no facts too, as whoever refuses may know none; a client's fault never looks like one of ours."""
        asked = request(addresses["data/ships"])
        for fault in (Fault(code=code, message="made up"),
                      Fault(code=code, message="made up", field="id", value="<&\"'\n", hint="Do otherwise.", detail="More.",
                            facts={"limit": 200, "last_page": 7, "retry_after_s": 1.5, "at_least": 3, "allow": "GET"})):
            answer = dialect.write(Refused(faults=(fault,)), asked)
            assert self.read_error(answer)
            assert answer.outcome == code.value
            assert answer.etag is None
            if code not in OURS:
                assert answer.status < 500

    def test_a_refusal_is_never_kept(self, dialect, addresses):
        for code in Code:
            answer = dialect.write(Refused(faults=(Fault(code=code, message="x"),)), request(addresses["data/ships"]))
            assert (b"cache-control", b"no-store") in answer.headers

    def test_several_faults_are_one_answer(self, dialect, addresses):
        faults = tuple(Fault(code=Code.PARAMETER_INVALID, message="invalid value", field=f"field{n}", value="x") for n in range(9))
        told = self.read_error(dialect.write(Refused(faults=faults), request(addresses["data/ships"])))
        assert "field0" in told

    @given(st.lists(FAULTS, min_size=1, max_size=4))
    @MANY
    def test_writing_a_refusal_never_raises(self, faults):
        dialect = self.make()
        dialect.bind([CATALOG], KEYS)
        answer = dialect.write(Refused(faults=tuple(faults)), request(dialect.address_of("harbor", "data/ships")))
        assert self.read_error(answer) is not None

    def test_an_internal_error_tells_nothing_but_the_id(self, dialect, addresses):
        fault = Fault(code=Code.INTERNAL, message="internal error", hint="Report the request id 0123456789abcdef if it lasts.")
        assert "0123456789abcdef" in self.read_error(dialect.write(Refused(faults=(fault,)), request(addresses["data/ships"])))

    def test_every_result_is_written(self, dialect, addresses):
        for result in results():
            address = addresses.get(result.plan.target.path)
            if address is not None:
                answer = dialect.write(result, request(address))
                assert 200 <= answer.status < 300 or answer.outcome == "not-found"
                assert any(name == b"content-type" for name, _ in answer.headers)
                assert answer.target in (result.plan.target.path, "")
                whole(answer)

    def test_a_private_result_is_not_kept(self, dialect, addresses):
        """Neither by its tag nor by a cache."""
        from dragoman.query import Audience

        for result in results():
            mine = msgspec.structs.replace(result.plan, audience=Audience(subject="alice"))
            answer = dialect.write(msgspec.structs.replace(result, plan=mine), request(addresses["data/ships"]))
            assert answer.etag is None
            assert b"no-store" in dict(answer.headers)[b"cache-control"]

    def test_a_started_operation_tells_its_id(self, dialect, addresses):
        answer = dialect.write(StartedOperation(id=4711, plan=plan("ships/build", Ask.CALL)),
                               request(addresses["ships/build"], "POST"))
        assert 200 <= answer.status < 300
        assert b"4711" in whole(answer)
        assert b"no-store" in dict(answer.headers)[b"cache-control"]

    def test_headers_are_what_http_can_carry(self, dialect, addresses):
        """Whatever a client wrote into its address: no control character, no line of its own."""
        for path in ("", "/", "/%0d%0aevil:1", "/\xff\r\nevil: 1"):
            for query in ("page=0&x=%0d%0aevil:1", "page=0&\r\nevil: 1=<>", "page=1&page_size=1&y=\xff"):
                asked = Request(verb="GET", path=addresses["data/ships"].encode() + path.encode("latin-1"),
                                query=query.encode("latin-1"), id="1")
                for outcome in (*results(), Refused(faults=(Fault(code=Code.NOT_FOUND, message="x\r\ny", value="\r\n"),))):
                    for name, value in dialect.write(outcome, asked).headers:
                        assert re.fullmatch(rb"[a-z0-9-]+", name)
                        assert re.fullmatch(rb"[\t\x20-\x7e\x80-\xff]*", value), (name, value)
