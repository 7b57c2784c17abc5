"""What everything that a lane serves has to keep: derive a class, and say how to make one and what it is asked."""

from __future__ import annotations

import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.contracts import Answerer
from dragoman.errors import Code, Fault
from dragoman.exchange import Answer, Request, Work

HEADERS = st.dictionaries(
    st.sampled_from([b"accept-language", b"accept-encoding", b"if-none-match", b"authorization", b"content-type",
                     b"x-schema-version", b"idempotency-key", b"content-length"]), st.binary(max_size=30), max_size=4)
VERBS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", ""])
MANY = settings(max_examples=250, deadline=None, suppress_health_check=[
    HealthCheck.differing_executors, HealthCheck.function_scoped_fixture])  # it keeps nothing between two requests


class AnswererContract:
    """The tests of the contract `Answerer`."""

    at_once: Request
    """What is answered at once, and publicly."""
    later: Request
    """What takes time."""
    written: Request
    """What has a body."""
    paths: tuple[bytes, ...]
    """Addresses that are served, to begin with."""

    @staticmethod
    def make(folder: Path) -> tuple[Answerer, list[Any]]:
        """One that is ready to answer, with its data in a folder, and the list of what it has charged."""
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def made(cls, tmp_path_factory) -> tuple[Answerer, list[Any]]:
        return cls.make(tmp_path_factory.mktemp("answerer"))

    @pytest.fixture
    def answerer(self, made) -> Answerer:
        return made[0]

    @pytest.fixture
    def charged(self, made) -> list[Any]:
        made[1].clear()
        return made[1]

    # -------------------------------------------------------------------------------- answer or work

    def test_what_is_there_is_answered_at_once(self, answerer):
        assert not inspect.iscoroutinefunction(answerer.answer)
        given = answerer.answer(self.at_once)
        assert isinstance(given, Answer)
        assert given.status == 200

    def test_what_takes_time_is_work_that_gives_an_answer(self, answerer):
        given = answerer.answer(self.later)
        assert isinstance(given, Work)
        assert isinstance(asyncio.run(_run(given)), Answer)

    def test_everything_is_judged_and_charged_once_and_before_the_work(self, answerer, charged):
        answerer.answer(self.at_once)
        assert len(charged) == 1
        given = answerer.answer(self.later)
        assert len(charged) == 2
        asyncio.run(_run(given))
        assert len(charged) == 2

    def test_work_that_is_given_up_raises_only_that(self, answerer):
        async def leave() -> None:
            task = asyncio.ensure_future(answerer.answer(self.later).run())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(leave())

    def test_answers_of_one_request_are_not_shared(self, answerer):
        """A lane may add headers to its own."""
        first = answerer.answer(self.at_once)
        before = list(first.headers)
        first.headers.append((b"x-mine", b"1"))
        assert answerer.answer(self.at_once).headers == before

    # -------------------------------------------------------------------------------- heads and bodies

    def test_bodies_are_bounded_and_wanted_by_few(self, answerer):
        assert answerer.body_limit_bytes(self.at_once) == 0
        assert answerer.body_limit_bytes(self.later) == 0
        assert answerer.body_limit_bytes(self.written) > 0

    def test_what_a_lane_could_not_read_is_told_in_the_form_of_whoever_was_asked(self, answerer):
        for code in (Code.BODY_TOO_LARGE, Code.REQUEST_MALFORMED, Code.INTERNAL):
            answer = answerer.refuse(self.written, Fault(code=code, message="too much"))
            assert answer.status >= 400
            assert answer.outcome == code.value
            assert isinstance(answer.body, bytes)

    def test_an_address_is_served_or_it_is_not(self, answerer):
        assert all(answerer.serves(path) for path in self.paths)
        assert not answerer.serves(b"/")
        assert not answerer.serves(b"")
        assert not answerer.serves(b"*")

    @given(st.data(), VERBS, st.binary(max_size=40), st.binary(max_size=60), HEADERS, st.binary(max_size=60))
    @MANY
    def test_whatever_is_asked_gets_an_answer_and_nothing_is_raised(self, answerer, data, verb, tail, query, headers, body):
        base = data.draw(st.sampled_from([*self.paths, b"", b"/"]))
        request = Request(verb=verb, path=base + tail, query=query, headers=headers, body=body, id="0123456789abcdef",
                          host="a.example", peer="192.0.2.7")
        answerer.serves(request.path)
        assert answerer.body_limit_bytes(request) >= 0
        given = answerer.answer(request)
        answer = asyncio.run(_run(given)) if isinstance(given, Work) else given
        check(answer)
        check(answerer.refuse(request, Fault(code=Code.REQUEST_MALFORMED, message="x", value="\r\n")))


async def _run(work: Work) -> Answer:
    return await work.run()


def check(answer: Answer) -> None:
    """What a lane may rely on; none of these requests can be a fault of ours."""
    assert 200 <= answer.status < 500, (answer, answer.body)
    names = [name for name, _ in answer.headers]
    assert not {b"content-length", b"date", b"connection", b"transfer-encoding", b"x-request-id"} & set(names)
    assert len(set(names)) == len(names)
    for name, value in answer.headers:
        assert re.fullmatch(rb"[a-z0-9-]+", name)
        assert re.fullmatch(rb"[\t\x20-\x7e\x80-\xff]*", value), (name, value)
    if answer.status == 304:
        assert answer.body == b""
    if answer.status >= 400:
        assert dict(answer.headers)[b"cache-control"] == b"no-store"
    if answer.etag is not None:
        assert re.fullmatch(rb'"[\x21\x23-\x7e\x80-\xff]*"', answer.etag)
        assert (b"etag", answer.etag) in answer.headers
