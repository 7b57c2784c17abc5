"""Methods that change something, over real HTTP, in SQLite and in PostgreSQL: whole or not at all, by whom they may, once."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest

from ..conftest import Server, end, make_database

CATALOG = '''
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy.exc import IntegrityError

from dragoman import Attachment, Caller, Catalog, Key, Localized, MethodError, Named, Record, Table, Transaction

catalog = Catalog("bank", languages=("en", "de"), database="${BANK}", permissions={"account": "Your account"})
HERE = Path(__file__).parent


print("printed by the catalog")


@catalog.resource("accounts", Table("accounts"), live=True)
class Account(Record):
    """An account."""
    id: Annotated[int, Key()]
    owner: str
    gold: int


class TooLittle(MethodError):
    """There is too little gold."""
    status = 409


class Unheard(MethodError):
    """Nobody was told of this."""


class Note(Record):
    text: Localized


class Posted(Record):
    text: str
    price: Decimal


def owns(caller: Caller, transaction: Transaction, account: int) -> bool:
    """The owner of the account."""
    return bool(transaction.rows("SELECT 1 FROM accounts WHERE id = :id AND owner = :owner", id=account, owner=caller.subject or ""))


def gold_of(transaction: Transaction, account: int) -> int:
    (row,) = transaction.rows("SELECT gold FROM accounts WHERE id = :id", id=account)
    return row["gold"]


def give(transaction: Transaction, account: int, gold: int) -> None:
    transaction.execute("UPDATE accounts SET gold = :gold WHERE id = :id", id=account, gold=gold)


@catalog.method("gold/count", verb="POST", authenticated=True)
def count(transaction: Transaction, account: int) -> int:
    gold = gold_of(transaction, account) + 1
    give(transaction, account, gold)
    return gold


@catalog.method("gold/pay", verb="POST", allows=owns, raises=[TooLittle])
def pay(transaction: Transaction, account: int, to: Annotated[int, Named(gw2="recipient", lesta="recipient")], gold: int) -> int:
    """Give some of your gold to somebody."""
    give(transaction, to, gold_of(transaction, to) + gold)
    left = gold_of(transaction, account) - gold
    if left < 0:
        raise TooLittle(field="to", value=gold)
    give(transaction, account, left)
    return left


@catalog.method("gold/go-wrong", verb="POST", authenticated=True, timeout_s=0.7)
def go_wrong(transaction: Transaction, account: int, how: str) -> int:
    give(transaction, account, 1_000_000)
    if how == "raise":
        raise ValueError("the secret of the bank")
    if how == "unheard":
        raise Unheard
    if how == "text":
        return "a text"
    if how == "loop":
        while True:
            pass
    if how == "sleep":
        time.sleep(1.2)
    if how == "long sleep":
        time.sleep(60)
    if how == "ignore":
        try:
            transaction.execute("INSERT INTO accounts VALUES (1, 'x', 1)")
        except IntegrityError:
            transaction.execute("UPDATE accounts SET gold = gold WHERE id = 2")
    if how == "statement":
        transaction.execute("UPDATE nowhere SET gold = 1")
    return 0


@catalog.method("gold/slow", verb="POST", authenticated=True)
def slow(transaction: Transaction, account: int) -> int:
    gold = gold_of(transaction, account) + 1
    give(transaction, account, gold)
    if not (HERE / "slow").exists():
        (HERE / "slow").touch()
        for _ in range(2_000):
            time.sleep(0.01)
    return gold


@catalog.method("gold/many", authenticated=True)
def many(transaction: Transaction, accounts: list[int]) -> list[int]:
    return [row["gold"] for row in transaction.rows("SELECT gold FROM accounts WHERE id IN :some ORDER BY id", some=accounts)]


@catalog.method("letters/send", verb="POST", authenticated=True, raises=[TooLittle])
def send(text: str, hold_s: float = 0) -> str:
    with (HERE / "letters.txt").open("a") as file:
        file.write(text + "\\n")
    time.sleep(hold_s)
    if text == "dear":
        raise TooLittle
    if text == "crash":
        raise ValueError("the secret of the post")
    return text.upper()


@catalog.method("letters/post", verb="POST", raises=[TooLittle])
def post(text: str, count: Annotated[int, Named(gw2="number")] = 1, price: Decimal = Decimal("0.1")) -> Posted:
    if text == "dear":
        raise TooLittle(field="count", value=count)
    return Posted(text=send(text), price=price)


@catalog.method("letters/call", verb="PUT", authenticated=True)
async def call(text: str) -> str:
    return send(text)


@catalog.method("letters/hang", timeout_s=0.3)
def hang() -> None:
    while True:
        pass


@catalog.method("letters/note")
def note() -> Note:
    return Note(text={"en": "Hello", "de": "Hallo"})


@catalog.method("letters/weigh", verb="POST")
def weigh(picture: Attachment) -> Attachment:
    return Attachment(name=picture.name + "!", media_type=picture.media_type, content=picture.content * 2)


@catalog.method("letters/wrong")
def wrong(how: str) -> list[int] | None:
    print("printed by a method")
    return {"text": ["a"], "none": None, "deep": [[1]], "good": [1, 2]}[how]


@catalog.method("letters/nothing")
def nothing() -> None:
    return 5
'''
TABLES = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, gold INTEGER NOT NULL);
INSERT INTO accounts VALUES (1, 'a-1', 100), (2, 'b-2', 100), (3, 'b-2', 0), (4, 'a-1', 0), (5, 'a-1', 0), (6, 'a-1', 0), (7, 'a-1', 0);
"""


class Bank(NamedTuple):
    """A server, the headers of those who call, and what starts another server on the same data."""

    server: Server
    alice: dict[str, str]
    bob: dict[str, str]
    database: str
    addresses: dict[str, str]
    """Where methods are asked for in each dialect, with what it asks of everybody."""
    restart: Callable[[], Server]

    def post(self, path: str, whose: dict[str, str] | None = None, key: str | None = None, **arguments: Any) -> httpx.Response:
        """Call a method."""
        headers = {**(whose if whose is not None else self.alice), **({"Idempotency-Key": key} if key else {})}
        return self.server.ask("POST", f"/v2/{path}", headers=headers, data=arguments)

    def gold(self, id: int) -> int:
        """What an account holds, asked for without any method."""
        return int(self.server.get(f"/v2/accounts/{id}").json()["gold"])

    def forget_the_end_of(self, key: str) -> None:
        """As if the time of a call that was cut off were over."""
        statement = f"UPDATE dragoman_replays SET ends_at = 0 WHERE idempotency_key = '{key}'"
        if self.database.startswith("sqlite"):
            with sqlite3.connect(self.server.folder / "data" / "operations.db") as base:
                base.execute(statement)
            base.close()
        else:
            with psycopg.connect(self.database, autocommit=True) as connection:
                connection.execute(statement.encode())

    def letters(self, text: str) -> int:
        """How many letters of a text were sent."""
        file = self.server.folder / "letters.txt"
        return file.read_text().splitlines().count(text) if file.exists() else 0


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def bank(request: pytest.FixtureRequest, serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """The bank, with its database in a file or in a real PostgreSQL, where the Room is then, too."""
    folder = tmp_path_factory.mktemp("bank")
    (folder / "catalog.py").write_text(CATALOG)
    if request.param == "sqlite":
        with sqlite3.connect(folder / "bank.db") as base:
            base.executescript(TABLES)
        base.close()
        yield from _open(serve, folder, {"BANK": "sqlite:///bank.db"})
        return
    with make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template")) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES.encode())
        yield from _open(serve, folder, {"BANK": url, "DRAGOMAN_DATABASE_URL": url})


def _open(serve: Callable[..., Server], folder: Path, environment: dict[str, str]) -> Iterator[Bank]:
    servers: list[Server] = []

    def restart() -> Server:
        servers.append(serve("catalog.py", folder=folder, DRAGOMAN_METHODS__THREADS_MAX="8", **environment))
        return servers[-1]

    server = restart()
    yield Bank(server, _key_of(server, "alice", "a-1"), _key_of(server, "bob", "b-2"), environment["BANK"], _addresses(server), restart)
    end(*(process for server in servers for process in server.processes))


def _addresses(server: Server) -> dict[str, str]:
    server.prepare("account", "add", "charlie")
    id = server.prepare("application", "add", "sender", "--owner", "charlie", "--type", "standalone")["application_id"]
    token = server.prepare("key", "add", "--account", "charlie", "--kind", "api-token")["secret"]
    found = {"gw2": "/v2/{}", "lesta": f"/bank/{{}}/?application_id={id}", "dast": f"/api/{{}}?api_token={token}"}
    until = time.monotonic() + 20
    for address in found.values():
        while "ello" not in server.get(address.format("letters/note")).text:
            assert time.monotonic() < until
            time.sleep(0.05)
    return found


def _key_of(server: Server, name: str, subject: str) -> dict[str, str]:
    server.prepare("account", "add", name, "--subject", subject)
    secret = server.prepare("key", "add", "--account", name, "--kind", "gw2")["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    until = time.monotonic() + 20
    while server.get("/v2/tokeninfo", headers=headers).status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.05)
    return headers


def at_once(number: int, ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers to many calls that are sent together."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(ask, range(number)))


# ---------------------------------------------------------------------------------------- whole or not at all


def test_what_a_method_wrote_is_there_when_it_is_answered(bank: Bank) -> None:
    """And seen by whoever reads next."""
    assert bank.post("gold/count", account=3).json() == 1
    assert bank.gold(3) == 1
    assert bank.server.get("/v2/gold/many?accounts=1,3", headers=bank.alice).json()[1] == 1


@pytest.mark.parametrize(("how", "status"), [
    ("raise", 500), ("unheard", 500), ("text", 500), ("loop", 504), ("sleep", 504), ("statement", None),
])
def test_a_call_that_fails_leaves_nothing(bank: Bank, how: str, status: int | None) -> None:
    """An exception, an error that was never declared, a result of the wrong type, no end in sight: all is as before."""
    answer = bank.post("gold/go-wrong", account=2, how=how)
    assert answer.status_code == status or (status is None and answer.status_code in (500, 502))
    assert "secret" not in answer.text
    assert "Nobody was told" not in answer.text
    if how == "sleep":
        time.sleep(1)                       # until the method itself is through
    assert bank.gold(2) == 100
    assert bank.post("gold/count", account=4).status_code == 200, "the next one writes"


def test_a_failed_statement_that_was_ignored_is_not_taken_for_done(bank: Bank) -> None:
    """PostgreSQL undoes the whole; SQLite undoes the statement alone, and keeps the rest."""
    answer = bank.post("gold/go-wrong", account=5, how="ignore")
    assert (answer.status_code, bank.gold(5)) == ((200, 1_000_000) if bank.database.startswith("sqlite") else (500, 0))


def test_two_hundred_writes_at_once_lose_none(bank: Bank) -> None:
    """Each reads the counter and writes it."""
    answers = at_once(200, lambda _: bank.post("gold/count", account=6))
    assert [answer.status_code for answer in answers] == [200] * 200
    assert sorted(answer.json() for answer in answers) == list(range(1, 201))
    assert bank.gold(6) == 200


# ---------------------------------------------------------------------------------------- by whom


def test_an_object_is_changed_by_its_owner_alone(bank: Bank) -> None:
    """Bob has a key as good as Alice's, and the account is hers."""
    before = bank.gold(1)
    refused = bank.post("gold/pay", bank.bob, account=1, recipient=2, gold=1)
    assert refused.status_code == 403
    assert "The owner of the account." in refused.json()["text"]
    assert bank.post("gold/pay", {}, account=1, recipient=2, gold=1).status_code == 403
    assert bank.gold(1) == before
    assert bank.post("gold/pay", account=1, recipient=7, gold=2).json() == before - 2


def test_a_declared_error_is_told_with_its_status_and_the_name_that_the_client_uses(bank: Bank) -> None:
    """What was written before it is undone."""
    answer = bank.post("gold/pay", bank.bob, account=3, recipient=2, gold=5000)
    assert answer.status_code == 409
    assert answer.json()["text"].startswith("recipient: There is too little gold `5000`")
    assert bank.gold(2) == 100


# ---------------------------------------------------------------------------------------- once


def test_a_write_with_a_key_is_done_once(bank: Bank) -> None:
    """The same answer, however often it is sent, byte by byte."""
    first = bank.post("gold/pay", key="rent", account=1, recipient=7, gold=3)
    before = bank.gold(1)
    again = [bank.post("gold/pay", key="rent", account=1, recipient=7, gold=3) for _ in range(3)]
    assert [(answer.status_code, answer.content) for answer in again] == [(200, first.content)] * 3
    assert bank.gold(1) == before
    other = bank.post("gold/pay", key="rent", account=1, recipient=7, gold=4)
    assert other.status_code == 409
    assert "another request" in other.json()["text"]
    assert bank.post("gold/count", bank.bob, key="rent", account=7).status_code == 200, "Bob's key is his own"
    assert bank.post("gold/pay", key="food", account=1, recipient=7, gold=3).json() == before - 3


def test_a_failure_of_the_method_is_kept_and_a_refusal_is_not(bank: Bank) -> None:
    """Whoever was not allowed, or asked wrongly, may ask again with the same key."""
    wrong = bank.post("gold/pay", bank.bob, key="k", account="x", recipient=2, gold=1)
    assert wrong.status_code == 400
    refused = bank.post("gold/pay", bank.bob, key="k", account=1, recipient=2, gold=1)
    assert refused.status_code == 403
    failed = bank.post("gold/pay", bank.bob, key="k", account=3, recipient=4, gold=70_000)
    assert failed.status_code == 409
    assert "too little" in failed.text
    again = bank.post("gold/pay", bank.bob, key="k", account=3, recipient=4, gold=70_000)
    assert (again.status_code, again.content) == (409, failed.content)
    crashed = [bank.post("gold/go-wrong", key="c", account=2, how="raise") for _ in range(2)]
    assert [answer.status_code for answer in crashed] == [500, 500]
    assert crashed[0].content == crashed[1].content, "with the id of the first request"


def test_many_that_fail_at_once_with_one_key_are_told_the_same(bank: Bank) -> None:
    """A failure is kept as an answer is."""
    answers = at_once(6, lambda _: bank.post("gold/pay", bank.bob, key="poor", account=3, recipient=2, gold=9_000))
    assert [answer.status_code for answer in answers] == [409] * 6
    assert len({answer.content for answer in answers}) == 1


def test_a_key_counts_in_every_dialect(bank: Bank) -> None:
    """An application's in lesta, a token's in dast; numbers keep their digits, and a declared error its name."""
    price = "1.234567890123456789012"
    for name in ("lesta", "dast"):
        def ask(key: str, name: str = name, **data: str) -> httpx.Response:
            return bank.server.ask("POST", bank.addresses[name].format("letters/post"), headers={"Idempotency-Key": key}, data=data)

        answers = [ask("first", text=f"by-{name}", price=price) for _ in range(3)]
        assert len({answer.content for answer in answers}) == 1
        assert f'"price":{price}' in answers[0].text
        assert bank.letters(f"by-{name}") == 1
        failed = ask("second", text="dear", count="7").json()["error"]
        assert ask("second", text="dear", count="7").json()["error"] == failed
        assert failed == ({"field": "count", "message": "TOO_LITTLE", "code": 409, "value": "7"} if name == "lesta" else [
            {"exception": "App\\ApiModule\\TooLittleException", "message": "count parameter: There is too little gold. `7`.", "code": 409}])


def test_of_many_sent_at_once_with_one_key_one_is_done(bank: Bank) -> None:
    """All get its answer, or are told to wait."""
    before = bank.gold(7)
    answers = at_once(20, lambda _: bank.post("gold/count", key="together", account=7))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json() for answer in answers} == {before + 1}
    assert bank.gold(7) == before + 1
    answers = at_once(10, lambda _: bank.post("letters/send", key="jointly", text="jointly", hold_s=0.3))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(answer.status_code == 200 for answer in answers) >= 1
    assert bank.letters("jointly") == 1


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_what_writes_elsewhere_is_begun_once(bank: Bank, verb: str) -> None:
    """Letters are sent once; what became of it is answered again, a failure as well."""
    for text, status in (("hello", 200), ("dear", 409), ("crash", 500)):
        path = "/v2/letters/send" if verb == "POST" else "/v2/letters/call"
        sent = bank.letters(text)
        answers = [bank.server.ask(verb, path, headers={**bank.alice, "Idempotency-Key": f"{verb}-{text}"}, data={"text": text})
                   for _ in range(3)]
        told = 500 if (verb, text) == ("PUT", "dear") else status       # `call` never declared that error
        assert [answer.status_code for answer in answers] == [told] * 3
        assert len({answer.content for answer in answers}) == 1
        assert bank.letters(text) == sent + 1


@pytest.mark.parametrize(("headers", "key", "told"), [
    ("alice", "k" * 256, "255 characters"), ("alice", "", "1 to 255 characters"), (None, "k", "somebody whose it is"),
])
def test_a_key_that_cannot_be_kept_is_refused(bank: Bank, headers: str | None, key: str, told: str) -> None:
    """Too long, empty, since whoever sends it again counts on it, or nobody's; a method that only reads needs none."""
    whose = bank.alice if headers else {}
    answer = bank.server.ask("POST", "/v2/letters/post", headers={**whose, "Idempotency-Key": key}, data={"text": "kept"})
    assert answer.status_code == (400 if headers else 403)
    assert told in answer.json()["text"]
    assert bank.letters("kept") == 0
    assert bank.server.get("/v2/letters/note", headers={"Idempotency-Key": key}).status_code == 200


# ---------------------------------------------------------------------------------------- results


@pytest.mark.parametrize(("path", "status"), [
    ("wrong?how=good", 200), ("wrong?how=none", 200), ("wrong?how=text", 500), ("wrong?how=deep", 500), ("nothing", 500),
])
def test_a_result_of_another_type_than_declared_is_no_answer(bank: Bank, path: str, status: int) -> None:
    """Clients rely on what the reference says; the log tells what came instead."""
    answer = bank.server.get(f"/v2/letters/{path}")
    assert answer.status_code == status
    if status == 500:
        assert answer.headers["x-request-id"] in answer.json()["text"]
        until = time.monotonic() + 5
        while not any(line.get("request_id") == answer.headers["x-request-id"] and "result" in line.get("error", "")
                      for line in bank.server.logged):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_texts_of_a_result_come_in_the_language_of_the_client(bank: Bank) -> None:
    """As those of a resource do."""
    assert bank.server.get("/v2/letters/note").json() == {"text": "Hello"}
    assert bank.server.get("/v2/letters/note?lang=de").json() == {"text": "Hallo"}


def test_methods_that_never_end_are_ended_and_leave_room_for_others(bank: Bank) -> None:
    """More of them than there are threads."""
    answers = at_once(12, lambda _: bank.server.get("/v2/letters/hang"))
    assert {answer.status_code for answer in answers} == {504}
    assert bank.post("gold/count", account=4).status_code == 200


@pytest.mark.parametrize("dialect", ["gw2", "lesta", "dast"])
def test_odd_methods_are_answered_for_in_every_dialect(bank: Bank, dialect: str) -> None:
    """A result of the wrong type, no end, an exception: the same codes, in the dialect's own form, and the server goes on."""
    codes = []
    for path, asked in (("letters/wrong", "how=text"), ("letters/hang", ""), ("letters/nothing", ""), ("letters/wrong", "how=good")):
        target = bank.addresses[dialect].format(path)
        answer = bank.server.get(f"{target}{'&' if '?' in target else '?'}{asked}")
        told = answer.json()
        if dialect == "gw2":
            codes.append(answer.status_code)
        elif dialect == "lesta":
            codes.append(told["error"]["code"] if told["status"] == "error" else 200)
        else:
            codes.append(told["error"][0]["code"] if told["error"] else 200)
    assert codes == [500, 504, 500, 200]


@pytest.mark.parametrize("dialect", ["gw2", "lesta", "dast"])
def test_a_file_goes_and_comes_in_every_dialect(bank: Bank, dialect: str) -> None:
    """In a form of parts, and back in base64."""
    files = {"picture": ("Ж.png", b"\x00\xff", "image/png")}
    told = bank.server.ask("POST", bank.addresses[dialect].format("letters/weigh"), files=files).json()
    assert (told if dialect == "gw2" else told["data"]) == {"name": "Ж.png!", "media_type": "image/png", "content": "AP8A/w=="}


# ---------------------------------------------------------------------------------------- faults


def test_what_was_cut_off_is_never_begun_anew(bank: Bank) -> None:
    """`kill -9` while a letter is under way: nobody knows whether it left, and the retry says so. A transaction that was cut
    off did nothing, and the retry does it."""
    server = bank.restart()
    with ThreadPoolExecutor(2) as pool:
        data = {"text": "cut", "hold_s": "20"}
        asked = pool.submit(server.ask, "POST", "/v2/letters/send", headers={**bank.alice, "Idempotency-Key": "cut"}, data=data)
        until = time.monotonic() + 15
        while not bank.letters("cut"):
            assert time.monotonic() < until
            time.sleep(0.02)
        server.process.send_signal(signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            asked.result(20)
    again = bank.post("letters/send", key="cut", text="cut", hold_s=20)
    assert again.status_code == 409
    assert "is not over" in again.json()["text"]
    bank.forget_the_end_of("cut")
    again = bank.post("letters/send", key="cut", text="cut", hold_s=20)
    assert again.status_code == 409
    assert "nobody knows" in again.json()["text"]
    assert bank.letters("cut") == 1


def test_a_transaction_that_was_cut_off_did_nothing(bank: Bank) -> None:
    """`kill -9` in the middle of it: its retry does it, once."""
    server, before = bank.restart(), bank.gold(7)
    with ThreadPoolExecutor(1) as pool:
        headers = {**bank.alice, "Idempotency-Key": "slow"}
        asked = pool.submit(server.ask, "POST", "/v2/gold/slow", headers=headers, data={"account": 7})
        until = time.monotonic() + 15
        while not (server.folder / "slow").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        server.process.send_signal(signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            asked.result(20)
    assert bank.gold(7) == before
    assert [bank.post("gold/slow", key="slow", account=7).json() for _ in range(2)] == [before + 1] * 2
    assert bank.gold(7) == before + 1


def test_a_transaction_ends_when_its_client_leaves(bank: Bank) -> None:
    """Nothing of it is kept, and the next one writes."""
    before, mark = bank.gold(2), bank.server.folder / "slow"
    mark.unlink(missing_ok=True)
    with httpx.Client(timeout=httpx.Timeout(20, read=1)) as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{bank.server.url}/v2/gold/slow", headers=bank.bob, data={"account": 2})
    assert mark.exists()
    assert bank.post("gold/count", account=4).status_code == 200
    assert bank.gold(2) == before


def test_a_server_stops_though_a_method_does_not(bank: Bank) -> None:
    """Nobody waits for a thread that was given up, not even one that sleeps in C."""
    server = bank.restart()
    answer = server.ask("POST", "/v2/gold/go-wrong", headers=bank.alice, data={"account": 2, "how": "long sleep"})
    assert answer.status_code in (503, 504)
    assert server.stop() == 0


def test_what_is_printed_goes_with_the_log(bank: Bank) -> None:
    """Standard output is for the answers of commands, to machines as well."""
    server = bank.restart()
    assert server.get("/v2/letters/wrong?how=good").json() == [1, 2]
    assert server.stop() == 0
    assert server.process.stdout is not None
    assert server.process.stdout.read() == ""
    assert {"printed by the catalog", "printed by a method"} <= set(server.log.read_text().splitlines())
