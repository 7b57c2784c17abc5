"""Sources are asked within limits, and left alone for a moment while they are down."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.errors import Code, SourceUnavailable
from dragoman.settings import Live, Settings, load
from dragoman.sources.desk import Desk, Unreachable


class Shop:
    """What is asked: closed, open, or slow; it counts who came."""

    def __init__(self) -> None:
        self.closed, self.slow = False, threading.Event()
        self.slow.set()
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.closed:
            raise Unreachable("closed")
        self.slow.wait(5)
        return "bread"


async def told(desk: Desk, question: Callable[[], Any], stop: Callable[[], None] | None = None) -> Any:
    """The answer, or the code and text of the error."""
    try:
        return await desk.ask("shop", question, stop)
    except SourceUnavailable as error:
        return error.code, str(error)


def test_what_cannot_be_reached_is_left_alone_for_a_moment() -> None:
    """Thousands may ask meanwhile: none waits, and the source is not hammered; then one goes first, and all is well."""
    async def run() -> None:
        shop, desk = Shop(), Desk(Live(retry_s=1))
        shop.closed = True
        assert await told(desk, shop) == (Code.SOURCE_UNAVAILABLE, "closed")
        for _ in range(1_000):
            code, text = await told(desk, shop)
            assert (code, text) == (Code.SOURCE_UNAVAILABLE, "shop: not asked, as it was down a moment ago: closed")
        assert shop.asked == 1
        await asyncio.sleep(1)
        assert await told(desk, shop) == (Code.SOURCE_UNAVAILABLE, "closed")
        assert (await told(desk, shop))[1].startswith("shop: not asked")
        shop.closed = False
        await asyncio.sleep(1)
        shop.slow.clear()
        first = asyncio.create_task(told(desk, shop))
        await asyncio.sleep(0.05)
        assert (await told(desk, shop))[1].startswith("shop: not asked")
        shop.slow.set()
        assert await first == "bread"
        assert await asyncio.gather(*(told(desk, shop) for _ in range(50))) == ["bread"] * 50
        assert shop.asked == 53

    asyncio.run(run())


def test_whoever_goes_first_and_leaves_does_not_lock_the_door() -> None:
    """The next one goes first instead."""
    async def run() -> None:
        shop, desk = Shop(), Desk(Live(retry_s=0))
        shop.closed = True
        await told(desk, shop)
        shop.closed = False
        shop.slow.clear()
        first = asyncio.create_task(told(desk, shop))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.wait([first])
        shop.slow.set()
        assert await told(desk, shop) == "bread"

    asyncio.run(run())


def test_a_single_slow_question_closes_nothing_but_many_in_a_row_do() -> None:
    """As many as may be asked at once: then every thread may hang."""
    async def run() -> None:
        stopped: list[int] = []
        shop, desk = Shop(), Desk(Live(timeout_s=0.3, connections_max=2, retry_s=60))
        shop.slow.clear()
        assert (await told(desk, shop, lambda: stopped.append(1)))[0] is Code.SOURCE_TIMEOUT
        assert await told(desk, lambda: "quick") == "quick"
        shop.slow.set()
        await asyncio.sleep(0.05)
        shop.slow.clear()
        for _ in range(2):
            assert await told(desk, shop, lambda: stopped.append(1)) == (Code.SOURCE_TIMEOUT, "shop: no answer in 0.3 s")
        assert (await told(desk, lambda: "quick"))[0] is Code.SOURCE_UNAVAILABLE
        shop.slow.set()
        await asyncio.sleep(0.05)
        assert stopped == [1, 1, 1]

    asyncio.run(run())


def test_what_answers_nonsense_is_not_down() -> None:
    """It is asked again at once."""
    def fail() -> str:
        raise SourceUnavailable("no such column")

    async def run() -> None:
        desk = Desk(Live())
        for _ in range(20):
            assert await told(desk, fail) == (Code.SOURCE_UNAVAILABLE, "no such column")
        assert await told(desk, lambda: "bread") == "bread"

    asyncio.run(run())


def test_no_more_are_asked_at_once_than_may_be() -> None:
    """The others wait in line, each within its own time."""
    async def run() -> None:
        shop, desk = Shop(), Desk(Live(connections_max=3, timeout_s=2))
        shop.slow.clear()
        waiting = [asyncio.create_task(told(desk, shop)) for _ in range(9)]
        await asyncio.sleep(0.1)
        assert shop.asked == 3
        shop.slow.set()
        assert await asyncio.gather(*waiting) == ["bread"] * 9

    asyncio.run(run())


def test_rows_that_are_too_many_to_compare_are_refused_with_the_remedy() -> None:
    """Nobody's question may fill the memory."""
    desk = Desk(Live(scan_max=3))
    assert list(desk.bounded("shop", iter("abc"))) == ["a", "b", "c"]
    with pytest.raises(SourceUnavailable, match=r"shop: more than 3 rows .* live\.scan_max"):
        list(desk.bounded("shop", iter("abcd")))


@pytest.mark.parametrize("wrong", [{"timeout_s": 0}, {"connections_max": 0}, {"retry_s": -1}, {"rows_max": 0}, {"scan_max": 0}])
def test_limits_that_make_no_sense_stop_the_start(wrong: dict[str, Any]) -> None:
    """Told as any other setting."""
    with pytest.raises(Exception, match="at least 1"):
        load(environment={}, live=wrong)
    assert Settings().live == Live()
