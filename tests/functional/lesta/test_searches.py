"""Searches at paths of their own, over published and over live records, in both dialects."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ...conftest import Server

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Filter, Key, Needs, Record, Search, Table

catalog = Catalog("armory", permissions={"account": "Your account"}, database="sqlite:///game.db")

class Player(Record):
    '''A player.'''
    account_id: Annotated[int, Key()]
    nickname: Annotated[str, Search(at_least=3)]
    clan: Annotated[str, Search(), Filter()]
    gold: int

@catalog.resource("account/info", Table("players"))
class Published(Player):
    '''A player, as published.'''

@catalog.resource("fresh/players", Table("players"), owner="account_id", live=True)
class Live(Player):
    '''A player, as of now.'''
    wallet: Annotated[int | None, Needs("account")] = None

catalog.search("account/list", Published, by="nickname", fields=("account_id", "nickname"))
catalog.search("fresh/names", Live, by="nickname", fields=("account_id", "nickname"))
"""
PLAYERS = [(1, "Alice", "ants", 5, 1), (2, "alina", "bees", 6, 2), (3, "Bob", "alice", 7, 3), (4, "ALICE_2", "ants", 8, 4)]


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("searched")
    with sqlite3.connect(folder / "game.db") as base:
        base.execute("CREATE TABLE players (account_id INTEGER PRIMARY KEY, nickname TEXT NOT NULL, clan TEXT NOT NULL, "
                     "gold INTEGER NOT NULL, wallet INTEGER)")
        base.executemany("INSERT INTO players VALUES (?, ?, ?, ?, ?)", PLAYERS)
    base.close()
    return serve(catalog=CATALOG, folder=folder)


@pytest.fixture(scope="module")
def application(server: Server) -> str:
    server.prepare("account", "add", "alice")
    id: str = server.prepare("application", "add", "A", "--owner", "alice", "--type", "standalone")["application_id"]
    deadline = time.monotonic() + 10
    while server.get(f"/armory/account/info/?application_id={id}").json()["status"] != "ok":
        assert time.monotonic() < deadline
    return id


LISTS = pytest.mark.parametrize("path", ["account/list", "fresh/names"])


@LISTS
@pytest.mark.parametrize(("query", "names"), [
    ("search=ali", ["Alice", "alina", "ALICE_2"]), ("search=ALICE", ["Alice", "ALICE_2"]),
    ("search=ali&type=startswith&limit=1", ["Alice"]),
    ("search=ali&limit=1&page_no=2", ["alina"]), ("search=bees", []), ("search=alice&type=exact", ["Alice"]),
    ("search=alice,BOB,nobody,bob&type=exact", ["Alice", "Bob"]), ("search=al&type=exact", []), ("search=ali%25", []),
])
def test_a_search_answers_a_list_of_what_it_shows(server: Server, application: str, path: str, query: str, names: list[str]) -> None:
    """In no other field than its own, in any case, with no other fields than its own."""
    told = server.get(f"/armory/{path}/?application_id={application}&{query}").json()
    assert told["status"] == "ok"
    assert [each["nickname"] for each in told["data"]] == names
    assert told["meta"] == {"count": len(names)}
    assert all(set(each) == {"account_id", "nickname"} for each in told["data"])


@LISTS
@pytest.mark.parametrize(("query", "code", "message"), [
    ("", 402, "SEARCH_NOT_SPECIFIED"), ("search=", 402, "SEARCH_NOT_SPECIFIED"), ("type=exact", 402, "SEARCH_NOT_SPECIFIED"),
    ("search=al", 407, "NOT_ENOUGH_SEARCH_LENGTH"), ("search=alice&type=contains", 407, "INVALID_TYPE"),
    ("type=exact&search=" + ",".join(f"n{n}" for n in range(101)), 407, "SEARCH_LIST_LIMIT_EXCEEDED"),
    ("search=alice&fields=gold", 407, "INVALID_FIELDS"), ("search=alice&fields=wallet", 407, "INVALID_FIELDS"),
])
def test_a_search_says_what_is_wrong_with_it(
    server: Server, application: str, path: str, query: str, code: int, message: str,
) -> None:
    """In the words that clients know."""
    error = server.get(f"/armory/{path}/?application_id={application}&{query}").json()["error"]
    assert (error["code"], error["message"]) == (code, message)


@LISTS
def test_fields_choose_among_what_a_search_shows(server: Server, application: str, path: str) -> None:
    """And nothing beyond."""
    data = server.get(f"/armory/{path}/?application_id={application}&search=bob&fields=account_id").json()["data"]
    assert data == [{"account_id": 3}]


@pytest.mark.parametrize("path", ["/v2/account/list", "/v2/fresh/names"])
def test_the_other_dialect_finds_the_same(server: Server, path: str) -> None:
    """In its own form, with its own pages."""
    answer = server.get(f"{path}?search=ali&page_size=2")
    assert answer.json() == [{"account_id": 1, "nickname": "Alice"}, {"account_id": 2, "nickname": "alina"}]
    assert answer.headers["x-result-total"] == "3"
    assert server.get(path).status_code == 400
    assert "search" in server.get(path).json()["text"]


def test_among_many_names_the_first_answer_takes_milliseconds(serve: Callable[..., Server], tmp_path: Path) -> None:
    """An index finds them; here among two hundred thousand."""
    folder = tmp_path
    with sqlite3.connect(folder / "game.db") as base:
        base.execute("CREATE TABLE players (account_id INTEGER PRIMARY KEY, nickname TEXT NOT NULL, clan TEXT NOT NULL, "
                     "gold INTEGER NOT NULL, wallet INTEGER)")
        base.executemany("INSERT INTO players VALUES (?, ?, 'x', 0, 0)", ((n, f"Player{n:07d}") for n in range(200_000)))
    base.close()
    server = serve(catalog=CATALOG, folder=folder)
    times = []
    for number in range(5):
        begun = time.perf_counter()
        answer = server.get(f"/v2/account/list?search=player00{number}12")
        times.append(time.perf_counter() - begun)
        assert len(answer.json()) == 50
    assert min(times) < 0.25            # a few milliseconds where nothing else runs


@pytest.mark.parametrize(("call", "told"), [
    ('catalog.search("account/list", Published, by="gold")', "Search()"),
    ('catalog.search("account/list", Published, by="name")', "no field"),
    ('catalog.search("account/list", Published, by="nickname", fields=("age",))', "no field 'age'"),
    ('catalog.search("fresh/names", Live, by="nickname", fields=("wallet",))', "not for everybody"),
    ('catalog.search("account/info", Published, by="nickname")', "the path is taken"),
    ('catalog.search("account/list", Player, by="nickname")', "is not published"),
    ('catalog.search("Account List", Published, by="nickname")', "lower case"),
])
def test_a_search_that_makes_no_sense_is_refused_when_it_is_declared(tmp_path: Path, call: str, told: str) -> None:
    """With the remedy."""
    from dragoman.catalog.module import load_module
    from dragoman.errors import DeclarationError

    file = tmp_path / f"catalog_{abs(hash(call))}.py"
    file.write_text(CATALOG.partition("catalog.search")[0] + call + "\n")
    with pytest.raises(DeclarationError) as raised:
        load_module(file)
    assert told in str(raised.value)
