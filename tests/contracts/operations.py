"""What every store of operations has to keep, whichever keeps them: derive a class, and say how to open one."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dragoman import Catalog
from dragoman.catalog.method import Method
from dragoman.contracts import Operations
from dragoman.errors import Code, Refusal
from dragoman.query import ANONYMOUS, Caller

from .holding import held

ROOT = Path(__file__).parents[2]
ALICE = Caller(account=1, application="shop", permissions=frozenset({"account"}))
ALICE_ELSEWHERE = Caller(account=1, application="other")
BOB = Caller(account=2, application="shop")
APPLICATION = Caller(application="shop")
KILLS = 8


def methods() -> tuple[Method, Method]:
    """Two long operations of one catalog."""
    catalog = Catalog("letters", permissions={"account": "Your account"})

    @catalog.method("statistics/report", operation=True, permission="account")
    def report(year: int, text: str = "") -> int:
        return year

    @catalog.method("statistics/other", operation=True, permission="account")
    def other(year: int) -> int:
        return year

    loaded = catalog.load().methods
    return loaded["statistics/report"], loaded["statistics/other"]


REPORT, OTHER = methods()


def _start_many(make: Callable[[Path], Operations], folder: Path, key: str | None, ids: Any) -> None:
    store = make(folder)
    ids.put([store.start(REPORT, {"year": 2024}, ALICE, key) for _ in range(10)])


class OperationsContract:
    """The tests of the contract `Operations`."""

    @staticmethod
    def make(folder: Path) -> Operations:
        """What is kept in a folder, as one process sees it; opened anew it is the same."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path) -> Operations:
        return self.make(tmp_path)

    # -------------------------------------------------------------------------------- what is accepted

    def test_what_was_accepted_can_be_looked_at(self, store):
        id = store.start(REPORT, {"year": 2024}, ALICE)
        seen = store.look(id, ALICE)
        assert id > 0
        assert (seen.id, seen.method, seen.state, seen.done, seen.result, seen.fault) == (
            id, "letters:statistics/report", "queued", 0, None, None)

    def test_it_is_there_for_whoever_opens_the_store_anew(self, store, tmp_path):
        id = store.start(REPORT, {"year": 2024}, ALICE, "k")
        again = self.make(tmp_path)
        assert again.look(id, ALICE).state == "queued"
        assert again.start(REPORT, {"year": 2024}, ALICE, "k") == id

    def test_ids_differ_and_are_never_used_again(self, store):
        ids = [store.start(REPORT, {"year": year}, caller) for year in range(20) for caller in (ALICE, BOB)]
        assert len(set(ids)) == len(ids)

    def test_arguments_of_every_kind_are_kept(self, store):
        import datetime
        import decimal
        import uuid

        arguments = {"at": datetime.date(2024, 1, 1), "price": decimal.Decimal("1.50"), "id": uuid.UUID(int=7),
                     "many": [1, None, "Ж\U0001f600"], "deep": {"a": {"b": [True]}}}
        assert store.look(store.start(REPORT, arguments, ALICE), ALICE).state == "queued"

    # -------------------------------------------------------------------------------- idempotency

    def test_the_same_key_gives_the_same_operation(self, store):
        first = store.start(REPORT, {"year": 2024}, ALICE, "monthly")
        assert [store.start(REPORT, {"year": 2024}, ALICE, "monthly") for _ in range(3)] == [first] * 3
        assert store.start(REPORT, {"year": 2024}, ALICE, "another") != first
        assert store.start(REPORT, {"year": 2024}, ALICE) != first

    def test_the_order_of_arguments_means_nothing(self, store):
        first = store.start(REPORT, {"year": 2024, "text": "a"}, ALICE, "k")
        assert store.start(REPORT, {"text": "a", "year": 2024}, ALICE, "k") == first

    @pytest.mark.parametrize(("method", "arguments"), [
        (REPORT, {"year": 2025}), (REPORT, {"year": 2024, "text": "x"}), (OTHER, {"year": 2024})])
    def test_a_key_used_for_something_else_is_a_conflict(self, store, method, arguments):
        first = store.start(REPORT, {"year": 2024}, ALICE, "k")
        with pytest.raises(Refusal) as raised:
            store.start(method, arguments, ALICE, "k")
        assert [fault.code for fault in raised.value.faults] == [Code.CONFLICT]
        assert raised.value.faults[0].hint
        assert store.start(REPORT, {"year": 2024}, ALICE, "k") == first

    def test_a_key_belongs_to_its_caller(self, store):
        ids = {store.start(REPORT, {"year": 2024}, caller, "k") for caller in (ALICE, BOB, APPLICATION)}
        assert len(ids) == 3

    def test_a_key_of_an_account_holds_in_whichever_application(self, store):
        first = store.start(REPORT, {"year": 2024}, ALICE, "k")
        assert store.start(REPORT, {"year": 2024}, ALICE_ELSEWHERE, "k") == first

    @pytest.mark.parametrize("key", ["k" * 255, "Ж" * 255, "a'; DROP TABLE operation;--", " ", "\x80"])
    def test_any_text_up_to_255_characters_is_a_key(self, store, key):
        first = store.start(REPORT, {"year": 2024}, ALICE, key)
        assert store.start(REPORT, {"year": 2024}, ALICE, key) == first

    # -------------------------------------------------------------------------------- whose it is

    def test_somebody_elses_is_not_there(self, store):
        id = store.start(REPORT, {"year": 2024}, ALICE)
        assert store.look(id, ALICE_ELSEWHERE) is not None
        for stranger in (BOB, APPLICATION, ANONYMOUS, Caller(account=11), Caller(application="1")):
            assert store.look(id, stranger) is None

    @pytest.mark.parametrize("id", [0, -1, 999_999, 2**63 - 1, 2**63, -(2**63) - 1, 10**40])
    def test_an_id_that_is_none_is_not_there(self, store, id):
        store.start(REPORT, {"year": 2024}, ALICE)
        assert store.look(id, ALICE) is None

    def test_nobody_in_particular_can_own_one(self, store):
        """Everybody would see it, and everybody's keys would be one."""
        with pytest.raises(Refusal) as raised:
            store.start(REPORT, {"year": 2024}, ANONYMOUS, "k")
        assert raised.value.faults[0].code is Code.CREDENTIAL_MISSING

    # -------------------------------------------------------------------------------- many at once, and death

    def test_looking_waits_for_nobody_who_writes(self, store):
        """However long that takes: states, lists and parts are what was kept last."""
        id = store.start(REPORT, {"year": 2024}, ALICE)

        def write(transaction: Any) -> None:
            transaction.execute("UPDATE dragoman_operations SET state = 'running' WHERE id = :id", id=id)

        with held(store.run, write):
            assert {store.look(id, ALICE).state for _ in range(50)} == {"queued"}
            assert [each.state for each in store.recent(["account:1"], 9)] == ["queued"]
        assert store.look(id, ALICE).state == "running"

    def test_threads_with_one_key_get_one_operation(self, store):
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(store.start(REPORT, {"year": 2024}, ALICE, "k")))
                   for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 12
        assert len(set(found)) == 1

    @pytest.mark.parametrize("key", ["k", None])
    def test_processes_share_the_store_from_its_first_moment(self, tmp_path, key):
        """As the workers of a server do: none fails, one key is one operation, without a key each is its own."""
        spawn = multiprocessing.get_context("spawn")
        ids = spawn.Queue()
        workers = [spawn.Process(target=_start_many, args=(self.make, tmp_path, key, ids)) for _ in range(3)]
        for worker in workers:
            worker.start()
        found = [id for _ in workers for id in ids.get(timeout=60)]
        for worker in workers:
            worker.join(30)
        ids.close()
        ids.join_thread()
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
        assert len(set(found)) == (1 if key else 30)

    def test_what_was_told_survives_kill_9(self, tmp_path):
        """A process tells each id after it was accepted, and is killed at any moment; all that it told is there."""
        dice = random.Random(4)
        known: dict[int, str] = {}
        for _ in range(KILLS):
            teller = subprocess.Popen(
                [sys.executable, "-m", "tests.contracts.operations", f"{type(self).__module__}:{type(self).__name__}",
                 str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert teller.stdout is not None
            assert teller.stdout.readline() == "ready\n"
            time.sleep(dice.random() * 0.25)
            os.kill(teller.pid, signal.SIGKILL)
            told, _ = teller.communicate(timeout=20)
            known.update((int(id), key) for id, key in (line.split() for line in told.splitlines() if line.endswith(".")))
        store = self.make(tmp_path)
        assert known
        for id, key in known.items():
            assert store.look(id, ALICE).state == "queued"
            assert store.start(REPORT, {"year": 2024}, ALICE, key) == id


def tell(case: str, folder: Path) -> None:
    """Start operations until killed; tell each with its key."""
    import importlib

    module, _, name = case.partition(":")
    store = getattr(importlib.import_module(module), name).make(folder)
    print("ready", flush=True)
    for number in range(100_000):
        key = f"{os.getpid()}-{number}."
        print(store.start(REPORT, {"year": 2024}, ALICE, key), key, flush=True)


if __name__ == "__main__":
    tell(sys.argv[1], Path(sys.argv[2]))
