"""A mailbox that refuses letters, on a database of its own: any server of a database sends the letters that wait there."""

from __future__ import annotations

import time
from collections.abc import Callable

from .post import Office
from .visitor import Room


def test_an_address_that_is_refused_holds_up_nobody_and_nobody_is_written_to_twice(
    open_room: Callable[..., Room], post: Office,
) -> None:
    """An announcement goes to everybody else, once."""
    room = open_room(DRAGOMAN_MAIL__HOST="127.0.0.1", DRAGOMAN_MAIL__PORT=str(post.server_address[1]),
                     DRAGOMAN_MAIL__SECURITY="none")
    people = [room.person() for _ in range(3)]
    post.refused = (f"{people[1]}@example.org",)
    room.run("announce", "Fields go", "One field goes.")

    def reached() -> list[str]:
        return sorted(str(letter["To"]) for letter in post.letters)

    ends = time.monotonic() + 30
    while len(reached()) < 2 and time.monotonic() < ends:
        time.sleep(0.1)
    time.sleep(3)                           # long enough for another round
    assert reached() == sorted(f"{name}@example.org" for name in (people[0], people[2]))
