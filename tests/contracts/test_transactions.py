"""Transactions keep their contract in every database: whole or not at all, one after the other, and in time."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dragoman.contracts import Transactions
from dragoman.errors import Code, SettingsError, SourceUnavailable
from dragoman.pipeline.turns import CallTurn
from dragoman.sources.databases import expand
from dragoman.sources.writing import SqlTransactions

from .holding import held

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n",
    "postgres": "SELECT pg_sleep(60)",
}


class Made:
    """The transactions of one empty database with a table."""

    def __init__(self, kind: str, transactions: Transactions) -> None:
        self.kind, self._transactions = kind, transactions
        self.run(lambda transaction: transaction.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT)"))

    def run(self, work: Callable[[Any], Any], timeout_s: float = 20) -> Any:
        """What work gives within a time."""
        return self._transactions.run(work, CallTurn(timeout_s))

    def run_in(self, turn: CallTurn, work: Callable[[Any], Any]) -> Any:
        """What work gives within a turn."""
        return self._transactions.run(work, turn)

    def read(self, work: Callable[[Any], Any], timeout_s: float = 20) -> Any:
        """What work finds, which only reads."""
        return self._transactions.read(work, CallTurn(timeout_s))

    def texts(self) -> list[str]:
        """What is kept."""
        rows = self.run(lambda transaction: transaction.rows("SELECT text FROM things ORDER BY id"))
        return [row["text"] for row in rows]


@pytest.fixture(params=["sqlite", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Each kind of database in turn."""
    if request.param == "sqlite":
        return Made("sqlite", SqlTransactions(f"sqlite:///{tmp_path / 'things.db'}", create=True))
    return Made("postgres", SqlTransactions(expand(request.getfixturevalue("database"), tmp_path)))


def add(transaction: Any, id: int, text: str = "a") -> int:
    """Add a thing."""
    count: int = transaction.execute("INSERT INTO things VALUES (:id, :text)", id=id, text=text)
    return count


def test_what_returns_is_kept_and_what_raises_is_not(made: Made) -> None:
    """The result and the exception come back as they are."""
    assert made.run(lambda transaction: add(transaction, 1)) == 1

    def fail(transaction: Any) -> None:
        add(transaction, 2)
        assert len(transaction.rows("SELECT id FROM things")) == 2, "it sees its own"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        made.run(fail)
    assert made.texts() == ["a"]


def test_values_are_values(made: Made) -> None:
    """Never part of the statement; lists for IN, and the types that catalogs know."""
    made.run(lambda transaction: add(transaction, 1, "'); DROP TABLE things; --"))
    assert made.run(lambda transaction: [row["id"] for row in transaction.rows(
        "SELECT id FROM things WHERE id IN :ids", ids=[1, 2, 3])]) == [1]
    for value in (datetime.date(2024, 2, 29), decimal.Decimal("1.50"), uuid.UUID(int=7)):
        rows = made.run(lambda transaction, value=value: transaction.rows("SELECT CAST(:value AS TEXT) AS text", value=value))
        assert rows == [{"text": str(value)}]


def test_what_came_between_is_seen(made: Made) -> None:
    """Twenty that read a number and write the next, at once."""
    made.run(lambda transaction: add(transaction, 1, "0"))

    def count(transaction: Any) -> None:
        (row,) = transaction.rows("SELECT text FROM things WHERE id = 1")
        time.sleep(0.002)
        transaction.execute("UPDATE things SET text = :text WHERE id = 1", text=str(int(row["text"]) + 1))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: made.run(count, 60), range(20)))
    assert made.texts() == ["20"]


@pytest.mark.parametrize("statement", [
    "COMMIT", " commit work", "END", "/* as\nwell */ -- and\n;COMMIT", "ROLLBACK",
    "ROLLBACK TRANSACTION", "BEGIN IMMEDIATE", "START  TRANSACTION",
])
def test_a_transaction_is_not_ended_by_a_statement(made: Made, statement: str) -> None:
    """What a method did before would be kept though it raises, or be lost though it returns."""
    def end(transaction: Any) -> None:
        add(transaction, 1)
        transaction.execute(statement)

    with pytest.raises(RuntimeError, match="return to keep what it did"):
        made.run(end)
    with pytest.raises(RuntimeError, match="return to keep what it did"):
        made.run(lambda transaction: transaction.rows(text(statement)))
    assert made.texts() == []


def test_savepoints_are_the_methods_own(made: Made) -> None:
    """Whoever tries something may go back to where it was; and a column may be called anything."""
    def work(transaction: Any) -> None:
        add(transaction, 1)
        transaction.execute("SAVEPOINT here")
        add(transaction, 2)
        transaction.execute("ROLLBACK TO SAVEPOINT here")
        transaction.execute("ROLLBACK TRANSACTION TO here")
        transaction.execute("UPDATE things SET text = 'COMMIT' WHERE id = 1")

    made.run(work)
    assert made.texts() == ["COMMIT"]


def test_a_transaction_that_is_over_does_nothing_any_more(made: Made) -> None:
    """Whoever kept it is told; a thread that goes on with it meets no connection that is closed under it."""
    stray: list[BaseException] = []
    kept: list[Any] = []

    def go_on(transaction: Any) -> None:
        try:
            while True:
                transaction.rows("SELECT id FROM things")
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test has to hear of it
            stray.append(error)

    def work(transaction: Any) -> threading.Thread:
        kept.append(transaction)
        thread = threading.Thread(target=go_on, args=(transaction,), daemon=True)
        thread.start()
        add(transaction, len(kept))
        return thread

    for _ in range(5):
        made.run(work).join(20)
    assert [str(error).partition(":")[0] for error in stray] == ["the transaction is over"] * 5
    with pytest.raises(RuntimeError, match="over"):
        kept[0].execute("DELETE FROM things")
    assert len(made.texts()) == 5


def test_what_comes_too_late_is_not_kept(made: Made) -> None:
    """Whoever waited was told so."""
    turn = CallTurn(20)

    def work(transaction: Any) -> None:
        add(transaction, 1)
        assert turn.give_up()

    with pytest.raises(SourceUnavailable) as raised:
        made.run_in(turn, work)
    assert raised.value.code is Code.SOURCE_TIMEOUT
    assert made.texts() == []


def test_a_statement_without_end_is_ended(made: Made) -> None:
    """Whether the turn is given up by another thread, or its time is over where nobody looks."""
    turn = CallTurn(30)
    threading.Timer(0.3, turn.give_up).start()
    with pytest.raises(SourceUnavailable) as raised:
        made.run_in(turn, lambda transaction: transaction.rows(ENDLESS[made.kind]))
    assert raised.value.code is Code.SOURCE_TIMEOUT
    made.run(lambda transaction: add(transaction, 1))


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    """And a URL that makes no sense is, at once."""
    away = SqlTransactions(f"sqlite:///{tmp_path / 'none' / 'things.db'}", create=True)
    for transactions in (away, SqlTransactions("postgresql+psycopg://nobody@127.0.0.1:9/none")):
        with pytest.raises(SourceUnavailable):
            transactions.run(lambda transaction: transaction.rows("SELECT 1"), CallTurn(5))
    with pytest.raises(SettingsError):
        SqlTransactions("nonsense://x/y")


def test_a_file_is_not_made_by_chance_and_its_references_hold(tmp_path: Path) -> None:
    """SQLite would make an empty file for a name with a mistake in it, and ignores references by itself."""
    file = tmp_path / "things.db"
    with pytest.raises(SourceUnavailable):
        SqlTransactions(f"sqlite:///{file}").run(lambda transaction: transaction.rows("SELECT 1"), CallTurn(5))
    assert not file.exists()
    base = sqlite3.connect(file)
    base.executescript("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a (id));")
    base.close()
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        SqlTransactions(f"sqlite:///{file}").run(lambda transaction: transaction.execute("INSERT INTO b VALUES (1)"), CallTurn(5))


def test_who_waits_for_others_waits_no_longer_than_its_turn(made: Made) -> None:
    """Behind as many as may write at once; what never had its turn was never begun."""
    free, begun = threading.Event(), []

    def hold(transaction: Any) -> None:
        begun.append("hold")
        free.wait(60)

    with ThreadPoolExecutor(8) as pool:
        holding = [pool.submit(made.run, hold, 60) for _ in range(8 if made.kind == "postgres" else 1)]
        until = time.monotonic() + 30
        while len(begun) < len(holding):
            assert time.monotonic() < until
            time.sleep(0.01)
        with pytest.raises(SourceUnavailable) as raised:
            made.run(lambda _: begun.append("late"), 0.3)
        free.set()
        for each in holding:
            each.result(60)
    assert raised.value.code is Code.SOURCE_TIMEOUT
    assert "late" not in begun


def test_what_stops_a_statement_is_called_aside() -> None:
    """It may take as long as the database is away, and whoever gives up is the event loop."""
    turn, stopped = CallTurn(10), threading.Event()
    by: list[int] = []

    def stop() -> None:
        by.append(threading.get_ident())
        stopped.set()

    assert turn.stop_by(stop)
    assert turn.give_up()
    assert turn.give_up()
    assert stopped.wait(10)
    assert by != [threading.get_ident()]
    assert not turn.stop_by(None), "it may be under way"


def read_texts(transaction: Any) -> list[str]:
    return [row["text"] for row in transaction.rows("SELECT text FROM things ORDER BY id")]


def test_whoever_only_reads_waits_for_nobody_and_sees_what_was_kept(made: Made) -> None:
    """A hundred times while a writer is in the middle: what it does is seen once it is kept, and not before."""
    made.run(lambda transaction: add(transaction, 1))
    with held(made.run, lambda transaction: add(transaction, 2, "b")):
        assert [made.read(read_texts) for _ in range(100)] == [["a"]] * 100
    assert made.read(read_texts) == ["a", "b"]


def test_whoever_only_reads_holds_up_no_writer(made: Made) -> None:
    seen: list[list[str]] = []
    with held(made.read, lambda transaction: seen.append(read_texts(transaction))):
        made.run(lambda transaction: add(transaction, 1), 10)
    assert (seen, made.texts()) == ([[]], ["a"])


@pytest.mark.parametrize("statement", ["INSERT INTO things VALUES (1, 'a')", "DROP TABLE things"])
def test_whoever_only_reads_can_change_nothing(made: Made, statement: str) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        made.read(lambda transaction: transaction.execute(statement))
    assert made.texts() == []
