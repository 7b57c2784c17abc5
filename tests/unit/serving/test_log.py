"""The log: lines of JSON."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading

import pytest

from dragoman.observations import Answered, Crashed, Logged, Observation, Stopped
from dragoman.serving.log import Bridge, Log, share


def answered(path: str = "/v2/x") -> Answered:
    return Answered(request_id="r", peer="192.0.2.1", verb="GET", path=path, status=200)


def test_an_observation_is_one_line_with_its_time() -> None:
    """RFC 3339, in UTC."""
    stream = io.StringIO()
    Log(stream)(Stopped(pid=7))
    line = json.loads(stream.getvalue())
    assert (line["event"], line["pid"]) == ("stopped", 7)
    assert line["time"].endswith("Z")
    assert len(line["time"]) == len("2026-11-24T10:36:36.199Z")


@pytest.mark.parametrize("text", ["a\r\nb", "a\x1b[31m", "a\0b", 'a"b\\', "\u2028", "Ω"])
def test_control_characters_are_escaped(text: str) -> None:
    """One line stays one line, and a terminal stays as it was."""
    stream = io.StringIO()
    Log(stream)(answered(text))
    told = stream.getvalue()
    assert told.count("\n") == 1
    assert not any(ord(character) < 0x20 for character in told[:-1])
    assert json.loads(told)["path"] == text


def test_half_a_character_is_told_escaped() -> None:
    """It is no text, and stands in what a publisher's code raises; an answer must not wait for ever for that."""
    stream = io.StringIO()
    Log(stream)(Crashed(request_id="r", stage="work", error="ValueError('a\ud800b')", traceback="\ud800 Ω"))
    line = json.loads(stream.getvalue())
    assert (line["event"], line["error"], line["traceback"]) == ("crashed", "ValueError('a\\ud800b')", "\\ud800 Ω")


def test_answers_wait_for_a_moment_and_keep_their_place() -> None:
    """What is more than an answer is written at once, after the answers before it."""
    stream = io.StringIO()

    async def observe() -> None:
        log = Log(stream)
        log(answered("/1"))
        log(answered("/2"))
        assert not stream.getvalue()
        log(Crashed(request_id="r", stage="s", error="e", traceback="t"))
        assert stream.getvalue().count("\n") == 3
        log(answered("/3"))
        await asyncio.sleep(1.2)

    asyncio.run(observe())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line.get("path", line["event"]) for line in lines] == ["/1", "/2", "crashed", "/3"]


def test_without_a_loop_every_line_is_written_at_once() -> None:
    """A command that ends must not lose any."""
    stream = io.StringIO()
    Log(stream)(answered())
    assert stream.getvalue()


class Terminal(io.StringIO):
    """A stream with a person behind it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("access", "told"), [
    (None, ["crashed", "logged"]), (False, ["crashed", "logged"]), (True, ["stopped", "answered", "crashed", "logged"]),
])
def test_a_terminal_is_told_only_what_needs_a_person(access: bool | None, told: list[str]) -> None:
    """What goes well stands on the screen that it would scroll away; whoever wants all asks for it."""
    stream = Terminal()
    log = Log(stream, access=access)
    for each in (Stopped(pid=1), answered(), Crashed(request_id="r", stage="s", error="e", traceback="t"),
                 Logged(logger="l", level="warning", message="m")):
        log(each)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == told


@pytest.mark.parametrize(("access", "told"), [(None, 2), (True, 2), (False, 1)])
def test_a_file_is_told_everything_but_what_is_switched_off(access: bool | None, told: int) -> None:
    """Machines read it."""
    stream = io.StringIO()
    log = Log(stream, access=access)
    log(answered())
    log(Stopped(pid=1))
    assert len(stream.getvalue().splitlines()) == told


def test_lines_of_threads_do_not_mix() -> None:
    """Each is whole, none is lost, none comes twice."""
    stream = io.StringIO()
    log = Log(stream)

    def observe(name: int) -> None:
        for number in range(300):
            log(answered(f"/{name}/{number}"))

    threads = [threading.Thread(target=observe, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = [json.loads(line)["path"] for line in stream.getvalue().splitlines()]
    assert sorted(paths) == sorted(f"/{name}/{number}" for name in range(6) for number in range(300))


def test_nothing_is_written_in_more_than_a_pipe_takes_at_once() -> None:
    """Several workers write to one pipe."""

    class Pieces(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.sizes: list[int] = []

        def write(self, text: str) -> int:
            self.sizes.append(len(text.encode()))
            assert text.endswith("\n")
            return super().write(text)

    stream = Pieces()

    async def observe() -> None:
        log = Log(stream)
        for number in range(400):
            log(answered(f"/{number}"))
        log.flush()

    asyncio.run(observe())
    assert max(stream.sizes) <= 4_096
    assert len(stream.getvalue().splitlines()) == 400


def test_a_reader_that_has_gone_stops_nothing() -> None:
    """A closed pipe must not become an error of a request."""

    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(text)

    Log(Closed())(answered())


def test_what_libraries_log_becomes_an_observation() -> None:
    """With the traceback where there is one."""
    seen: list[Observation] = []
    logger = logging.getLogger("dragoman.tests.thing")
    logger.propagate = False
    logger.addHandler(Bridge(seen.append))
    logger.info("not told")
    logger.warning("%s of %s", 1, 2)
    try:
        raise ValueError("why")
    except ValueError:
        logger.exception("failed")
    assert seen[0] == Logged(logger="dragoman.tests.thing", level="warning", message="1 of 2")
    assert isinstance(seen[1], Logged)
    assert seen[1].message.startswith("failed\nTraceback")
    assert "ValueError: why" in seen[1].message
    assert len(seen) == 2


def test_several_observers_are_told_the_same() -> None:
    """In their order."""
    seen: list[tuple[str, Observation]] = []
    share(lambda it: seen.append(("a", it)), lambda it: seen.append(("b", it)))(Stopped(pid=1))
    assert seen == [("a", Stopped(pid=1)), ("b", Stopped(pid=1))]
