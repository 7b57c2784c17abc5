"""What every queue of jobs has to keep, whichever database it lies in: derive a class, and say how to open one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dragoman.errors import Code, Fault, Refusal, SourceUnavailable
from dragoman.exchange import Claim, OperationResult
from dragoman.operations.jobs import JobQueue
from dragoman.operations.store import OperationStore
from dragoman.settings import Operations as Limits

from .operations import ALICE, BOB, REPORT

QUICK = Limits(lease_s=0.3, heartbeat_s=0.1, retry_s=0.1, retry_max_s=0.2, living_max=5)
FAULT = Fault(code=Code.METHOD_FAILED, message="It is odd.")


def result_of(claim: Claim, parts: int = 1) -> OperationResult:
    return OperationResult(lease=claim.lease, parts=parts, items=7, size_bytes=9, is_list=True)


class JobsContract:
    """The tests of the contract `Jobs`."""

    @staticmethod
    def open(folder: Path, limits: Limits) -> OperationStore:
        """The store that is kept in a folder."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> OperationStore:
        return self.open(tmp_path, QUICK)

    @pytest.fixture
    def jobs(self, store: OperationStore) -> JobQueue:
        return JobQueue(store)

    def start(self, store: OperationStore, **arguments: Any) -> int:
        return store.start(REPORT, arguments or {"year": 2024}, ALICE, request_id="r-1")

    def taken(self, jobs: JobQueue, worker: str = "w") -> Claim:
        claim = jobs.claim(worker, ["letters"])
        assert claim is not None
        return claim

    def await_lapse(self, jobs: JobQueue) -> Any:
        """Until the reaper finds somebody gone."""
        until = time.monotonic() + 20
        while True:
            found = jobs.reap()
            if found.retried or found.failed:
                return found
            assert time.monotonic() < until
            time.sleep(0.02)

    def await_claim(self, jobs: JobQueue) -> Claim:
        until = time.monotonic() + 20
        while (claim := jobs.claim("w2", ["letters"])) is None:
            assert time.monotonic() < until
            time.sleep(0.02)
        return claim

    # -------------------------------------------------------------------------------- claiming

    def test_the_oldest_is_claimed_once_with_all_that_it_needs(self, store, jobs):
        first, second = self.start(store, year=1), self.start(store, year=2)
        claim = self.taken(jobs)
        assert (claim.id, claim.catalog, claim.path, claim.cluster, claim.attempts, claim.request_id) == (
            first, "letters", "statistics/report", "default", 1, "r-1")
        assert msgspec.json.decode(claim.arguments) == {"year": 1}
        assert (claim.caller.account, claim.caller.application, claim.caller.permissions) == (1, "shop", {"account"})
        assert self.taken(jobs).id == second
        assert jobs.claim("w", ["letters"]) is None
        assert store.look(first, ALICE).state == "running"

    def test_a_worker_takes_what_its_catalogs_have(self, store, jobs):
        self.start(store)
        assert jobs.claim("w", ["others"]) is None
        assert jobs.claim("w", ["others", "letters"]) is not None

    def test_many_at_once_take_each_once(self, tmp_path):
        store = self.open(tmp_path, Limits(living_max=1_000))
        ids = {store.start(REPORT, {"year": year}, ALICE) for year in range(60)}

        def work(number: int) -> list[int]:
            jobs, found = JobQueue(store), []
            while (claim := jobs.claim(f"w{number}", ["letters"])) is not None:
                found.append(claim.id)
                assert jobs.finish(claim, result_of(claim, 0))
            return found
        with ThreadPoolExecutor(6) as pool:
            taken = [id for found in pool.map(work, range(6)) for id in found]
        assert sorted(taken) == sorted(ids)
        assert {store.look(id, ALICE).state for id in ids} == {"done"}

    # -------------------------------------------------------------------------------- results

    def test_what_is_done_has_its_parts(self, store, jobs):
        id = self.start(store)
        claim = self.taken(jobs)
        body = b"[" + b"1," * 100_000 + b"1]"
        assert jobs.add_part(claim, 0, body)
        assert jobs.add_part(claim, 1, '["Ж"]'.encode())
        assert jobs.finish(claim, result_of(claim, 2))
        seen = store.look(id, ALICE)
        assert (seen.state, seen.result.parts, seen.result.items, seen.result.is_list) == ("done", 2, 7, True)
        assert (seen.done, seen.total) == (7, None)
        assert store.part(id, seen.result, 0) == body
        assert store.part(id, seen.result, 1).decode() == '["Ж"]'
        with pytest.raises(SourceUnavailable):
            store.part(id, seen.result, 2)
        assert seen.ended_at is not None
        assert 6.9 * 86_400 < seen.expires_at - seen.ended_at < 7.1 * 86_400

    @pytest.mark.parametrize("end", ["fail", "end"])
    def test_what_did_not_end_well_leaves_no_parts(self, store, jobs, end):
        id = self.start(store)
        claim = self.taken(jobs)
        assert jobs.add_part(claim, 0, b"[1]")
        assert jobs.fail(claim, FAULT) if end == "fail" else jobs.end(claim)
        seen = store.look(id, ALICE)
        assert (seen.state, seen.fault, seen.result) == (("failed", FAULT, None) if end == "fail" else ("cancelled", None, None))
        with pytest.raises(SourceUnavailable):
            store.part(id, result_of(claim), 0)

    @pytest.mark.parametrize("end", ["finish", "fail", "end"])
    def test_an_end_is_for_ever(self, store, jobs, end):
        id = self.start(store)
        claim = self.taken(jobs)
        assert {"finish": lambda: jobs.finish(claim, result_of(claim)), "fail": lambda: jobs.fail(claim, FAULT),
                "end": lambda: jobs.end(claim)}[end]()
        before = store.look(id, ALICE)
        self.refuses_everything(jobs, claim)
        assert store.cancel(id, ALICE) == before
        assert store.look(id, ALICE) == before
        assert jobs.claim("w", ["letters"]) is None

    def refuses_everything(self, jobs: JobQueue, claim: Claim) -> None:
        assert not jobs.finish(claim, result_of(claim))
        assert not jobs.fail(claim, FAULT)
        assert not jobs.end(claim)
        assert not jobs.give_back(claim)
        assert not jobs.add_part(claim, 5, b"[]")
        assert jobs.beat(claim, 1, 2) is None
        assert jobs.asked_to_end(claim) is None

    # -------------------------------------------------------------------------------- leases

    def test_progress_is_seen_and_sane(self, store, jobs):
        id = self.start(store)
        claim = self.taken(jobs)
        for told, seen in (((3, 10), (3, 10)), ((5, None), (5, None)), ((-4, -1), (0, 0)), ((2**70, 2**70), (2**63 - 1, 2**63 - 1)),
                           (("x", 1.5), (0, 0))):
            assert jobs.beat(claim, *told) is False
            now = store.look(id, ALICE)
            assert (now.done, now.total) == seen

    def test_whoever_is_heard_of_keeps_it_and_whoever_is_not_loses_it(self, store, jobs):
        """It is begun anew under another lease; the old one can write nothing any more, and its parts are gone."""
        id = self.start(store)
        old = self.taken(jobs)
        assert jobs.add_part(old, 0, b"[1]")
        until = time.monotonic() + 3 * QUICK.lease_s
        while time.monotonic() < until:
            assert jobs.beat(old, 0, None) is False
            assert not jobs.reap().retried
            time.sleep(0.05)
        assert self.await_lapse(jobs).retried == [id]
        assert store.look(id, ALICE).state == "running", "a state never goes back"
        self.refuses_everything(jobs, old)
        new = self.await_claim(jobs)
        assert (new.id, new.attempts) == (id, 2)
        assert new.lease > old.lease
        self.refuses_everything(jobs, old)
        assert jobs.add_part(new, 0, b"[2]")
        assert jobs.finish(new, result_of(new))
        assert store.part(id, store.look(id, ALICE).result, 0) == b"[2]"

    def test_it_waits_before_it_is_tried_again_and_is_not_tried_for_ever(self, store, jobs):
        id = self.start(store)
        for attempt in range(1, QUICK.attempts_max):
            assert self.await_claim(jobs).attempts == attempt
            self.await_lapse(jobs)
            assert jobs.claim("w", ["letters"]) is None, "not at once"
        self.await_claim(jobs)
        assert self.await_lapse(jobs).failed == [id]
        seen = store.look(id, ALICE)
        assert (seen.state, seen.attempts) == ("failed", 3)
        assert "cut off 3 times" in seen.fault.message

    def test_what_is_given_back_is_taken_at_once_and_does_not_count(self, store, jobs):
        id = self.start(store)
        for _ in range(2 * QUICK.attempts_max):
            claim = self.taken(jobs)
            assert (claim.id, claim.attempts) == (id, 1)
            assert jobs.add_part(claim, 0, b"[1]")
            assert jobs.give_back(claim)
            assert store.look(id, ALICE).state == "running"
            self.refuses_everything(jobs, claim)

    def test_what_is_given_back_keeps_its_place(self, store, jobs):
        first, second = self.start(store), self.start(store)
        assert jobs.give_back(self.taken(jobs))
        assert [self.taken(jobs).id, self.taken(jobs).id] == [first, second]

    # -------------------------------------------------------------------------------- cancelling, forgetting, bounds

    def test_what_waits_is_cancelled_at_once(self, store, jobs):
        id = self.start(store)
        assert store.cancel(id, BOB) is None
        assert store.cancel(id, ALICE).state == "cancelled"
        assert jobs.claim("w", ["letters"]) is None

    def test_what_runs_is_asked_to_end(self, store, jobs):
        id = self.start(store)
        claim = self.taken(jobs)
        assert jobs.asked_to_end(claim) is False
        seen = store.cancel(id, ALICE)
        assert (seen.state, seen.cancelling) == ("running", True)
        assert jobs.asked_to_end(claim) is True
        assert jobs.beat(claim, 1, None) is True
        assert jobs.end(claim)
        assert store.look(id, ALICE).state == "cancelled"

    def test_what_nobody_works_on_any_more_is_cancelled_at_once(self, store, jobs):
        """Its lease is over, and no other worker has looked."""
        id = self.start(store)
        lost = self.taken(jobs)
        assert jobs.add_part(lost, 0, b"[1]")
        time.sleep(1.2 * QUICK.lease_s)
        assert store.cancel(id, ALICE).state == "cancelled"
        self.refuses_everything(jobs, lost)
        assert jobs.reap().retried == []

    def test_what_was_cancelled_is_not_tried_again(self, store, jobs):
        """Nor what waits for its second attempt."""
        id = self.start(store)
        self.taken(jobs)
        store.cancel(id, ALICE)
        until = time.monotonic() + 20
        while store.look(id, ALICE).state == "running":
            jobs.reap()
            assert time.monotonic() < until
        assert store.look(id, ALICE).state == "cancelled"
        id = self.start(store)
        self.taken(jobs)
        self.await_lapse(jobs)
        assert store.cancel(id, ALICE).state == "cancelled"

    def test_one_party_has_so_many_at_most(self, store, jobs):
        for _ in range(QUICK.living_max):
            self.start(store)
        with pytest.raises(Refusal) as raised:
            self.start(store)
        assert raised.value.faults[0].code is Code.LIMIT_EXCEEDED
        store.start(REPORT, {"year": 1}, BOB)
        claim = self.taken(jobs)
        jobs.finish(claim, result_of(claim, 0))
        self.start(store)

    def test_at_once_too(self, store):
        """However many begin at the same moment."""
        found: list[Any] = []

        def begin() -> None:
            try:
                found.append(self.start(store))
            except Refusal as refusal:
                found.append(refusal)
        threads = [threading.Thread(target=begin) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(isinstance(each, int) for each in found) == QUICK.living_max

    def test_what_is_old_is_forgotten_with_its_result_and_its_key(self, store, jobs, forget_now: Callable[[], None]):
        id = store.start(REPORT, {"year": 1}, ALICE, "k")
        claim = self.taken(jobs)
        jobs.add_part(claim, 0, b"[1]")
        jobs.finish(claim, result_of(claim))
        result = store.look(id, ALICE).result
        assert jobs.reap().forgotten == 0
        forget_now()
        assert store.look(id, ALICE) is None
        again = store.start(REPORT, {"year": 2}, ALICE, "k")
        assert again != id
        assert jobs.reap().forgotten == 0, "it was, when its key was used again"
        with pytest.raises(SourceUnavailable):
            store.part(id, result, 0)

    @pytest.fixture
    def forget_now(self, store) -> Callable[[], None]:
        """As if a week had passed for all that has ended."""
        return lambda: store.run(lambda transaction: transaction.execute(
            "UPDATE dragoman_operations SET expires_at = 0 WHERE expires_at IS NOT NULL"))

    def test_the_newest_are_listed(self, store):
        ids = [store.start(REPORT, {"year": year}, caller) for year, caller in enumerate((ALICE, BOB, ALICE, ALICE))]
        assert [each.id for each in store.recent(["account:1"], 2)] == [ids[3], ids[2]]
        assert [each.id for each in store.recent(["account:1", "account:2"], 9)] == ids[::-1]
        assert [each.party for each in store.recent(None, 9)] == ["account:1", "account:1", "account:2", "account:1"]
        assert list(store.recent([], 9)) == []

    def do_anything(self, jobs: JobQueue, claim: Claim, dice: random.Random) -> None:
        dice.choice([lambda: jobs.finish(claim, result_of(claim, 0)), lambda: jobs.fail(claim, FAULT),
                     lambda: jobs.end(claim), lambda: jobs.give_back(claim), lambda: jobs.beat(claim, 1, 2)])()

    def test_states_only_advance_whatever_happens(self, store, jobs):
        """A thousand random steps of workers, thieves of leases and owners."""
        order = {"queued": 0, "running": 1, "done": 2, "failed": 2, "cancelled": 2}
        dice, claims, seen = random.Random(7), [], {}
        for step in range(250):
            roll = dice.randrange(10)
            if roll < 3 and len([each for each in seen.values() if order[each] < 2]) < QUICK.living_max:
                seen[self.start(store, year=step)] = "queued"
            elif roll < 5 and (claim := jobs.claim("w", ["letters"])) is not None:
                claims.append(claim)
            elif roll == 5:
                jobs.reap()
            elif roll == 6 and seen:
                store.cancel(dice.choice(list(seen)), ALICE)
            elif claims:
                self.do_anything(jobs, dice.choice(claims), dice)
            now = {each.id: each.state for each in store.recent(["account:1"], 1_000)}
            assert now.keys() == seen.keys()
            for id, before in seen.items():
                assert order[now[id]] > order[before] or now[id] == before
            seen = now
