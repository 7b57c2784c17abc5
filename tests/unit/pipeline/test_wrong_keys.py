"""Whoever tries keys: a million distinct ones from one address cost little, tell nothing and fill no memory."""

import resource
import time

from dragoman import Catalog
from dragoman.credentials.facts import Account, Fact, Key
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester, Kind, mint
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.limits.memory import MemoryMeter
from dragoman.pipeline.gate import Gate
from dragoman.pipeline.guessing import Recent
from dragoman.query import Ask, Credential, Query, Rate

DIGESTER = Digester(b"k" * 32)
TRIES = 100_000
GROWTH_MAX_KB = 30_000
BURST = 5


def make_targets():
    catalog = Catalog("shop", permissions={"account": "Your account"})

    @catalog.method("mine", permission="account")
    def mine() -> int:
        return 1

    @catalog.method("news")
    def news() -> int:
        return 1

    methods = catalog.load().methods
    return methods["data/mine"], methods["data/news"]


MINE, NEWS = make_targets()


class Door:
    """A gate that knows some keys of Alice's, and lets an address try five wrong ones."""

    def __init__(self):
        self.register, self.now_s = Register(DIGESTER, stale_max_s=3_600), 1_000.0
        self.secrets = {name: mint(Kind.GW2) for name in ("first", "second", "third", "revoked")}
        self.register.apply([Fact(1, "account", "1", Account()), *(
            Fact(2, "key", name, Key(kind="gw2", digest=DIGESTER.digest(secret).hex(), account=1, permissions=("account",),
                                     state="revoked" if name == "revoked" else "active"))
            for name, secret in self.secrets.items())])
        self.register.hear()
        self.gate = Gate(self.register, MemoryMeter(lambda: self.now_s), Rate(1, 1), wrong_keys=Rate(1, BURST))

    def ask(self, key, target=MINE, peer="192.0.2.7"):
        """Who calls with a key, or the code of the refusal and when to come back."""
        query = Query(target=target.path, ask=Ask.CALL, credentials=(Credential("gw2", self.secrets.get(key, key)),))
        try:
            return self.gate.admit(query, target, Request(verb="GET", path=b"/v2/mine", peer=peer)).key
        except Refusal as refusal:
            return refusal.faults[0].code, refusal.faults[0].facts.get("retry_after_s")

    def guess(self, tries=BURST, **more):
        return [self.ask(f"wrong-{number}", **more) for number in range(tries)]


def test_past_the_limit_a_right_key_is_told_what_a_wrong_one_is_told():
    door = Door()
    assert {code for code, _ in door.guess()} == {Code.CREDENTIAL_INVALID}
    assert door.ask("another") == door.ask("first") == door.ask("revoked") == (Code.LIMIT_EXCEEDED, 1.0)
    assert door.ask("first", peer="192.0.2.8") == "first"
    door.now_s += 1.001
    assert door.ask("first") == "first"


def test_keys_that_were_used_from_an_address_before_go_through_whoever_tries_others_there():
    door = Door()
    assert door.ask("first") == "first"
    door.guess()
    for number in range(100):
        assert door.ask(f"another-{number}") == (Code.LIMIT_EXCEEDED, 1.0)
        assert door.ask("first") == "first"
    assert door.ask("second") == (Code.LIMIT_EXCEEDED, 1.0)


def test_nothing_can_be_learned_from_public_data_either():
    """Past the limit a right key counts as none, as a wrong one does; who has none is not concerned."""
    door = Door()
    assert door.ask("first", NEWS) == "first"
    assert door.guess(20, target=NEWS) == [None] * 20
    assert door.ask("second", NEWS) is None
    assert door.ask("first", NEWS) == "first"
    assert door.ask("second") == (Code.LIMIT_EXCEEDED, 1.0)


def test_a_program_with_an_old_key_locks_out_nobody():
    """The same key again is no guess."""
    door = Door()
    for _ in range(100):
        assert door.ask("old", NEWS) is None
        assert door.ask("old")[0] is Code.CREDENTIAL_INVALID
    assert door.ask("second") == "second"


def test_what_is_remembered_of_keys_is_bounded_and_what_is_in_use_stays():
    recent = Recent(10)
    recent.note("used")
    for number in range(1_000):
        recent.note(number)
        assert recent.recall("used")
        assert len(recent) + len(recent._aside) <= 20
    assert recent.recall(999)
    assert not recent.recall(0)


def test_wrong_keys_from_one_address_without_end_are_refused_within_bounds():
    register = Register(DIGESTER, stale_max_s=3_600)
    register.hear()
    gate = Gate(register, MemoryMeter(), wrong_keys=Rate(1, 60))
    request = Request(verb="GET", path=b"/v2/mine", peer="192.0.2.7")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    codes, began = {}, time.monotonic()
    for number in range(TRIES):
        query = Query(target="data/mine", ask=Ask.CALL, credentials=(Credential("gw2", f"{number:x}"),))
        try:
            gate.admit(query, MINE, request)
        except Refusal as refusal:
            code = refusal.faults[0].code
            codes[code] = codes.get(code, 0) + 1
    assert set(codes) == {Code.CREDENTIAL_INVALID, Code.LIMIT_EXCEEDED}
    assert sum(codes.values()) == TRIES
    assert codes[Code.CREDENTIAL_INVALID] <= 61 + time.monotonic() - began      # the burst, and one a second
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MAX_KB
