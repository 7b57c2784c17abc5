"""Following the database of accounts, whatever is done to it: what is told is taken in, and what is damaged is not overlooked."""

import sqlite3
import time
from contextlib import closing

import pytest

from dragoman.credentials.facts import Account, Key, write
from dragoman.credentials.follower import Follower
from dragoman.credentials.ledger import SqliteLedger
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester, Kind, mint
from dragoman.credentials.switches import Switches
from dragoman.credentials.uses import UseKeeper
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.observations import CredentialsLost, UsesLost
from dragoman.query import Credential

DIGESTER = Digester(b"k" * 32)
SECRET = mint(Kind.GW2)
KEY = write(Key(kind="gw2", digest=DIGESTER.digest(SECRET).hex(), account=1, name="mine"))
REQUEST = Request(verb="GET", path=b"/v2/account", peer="192.0.2.7")


class Base:
    """A file of facts, and a follower of it."""

    def __init__(self, path):
        self.path, self.told = path, []
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE credentials_fact (seq INTEGER UNIQUE, kind TEXT, ref TEXT, body TEXT, UNIQUE (kind, ref))")
        self.make_uses()
        self.register = Register(DIGESTER, stale_max_s=0.5)
        self.follower = Follower(SqliteLedger(path), self.register, Switches(), self.told.append)
        self.tell(1, "account", "1", write(Account()))

    def make_uses(self):
        with closing(sqlite3.connect(self.path)) as base:
            base.execute("CREATE TABLE credentials_use (ref TEXT PRIMARY KEY, used_at REAL)")

    def tell(self, seq, kind, ref, body):
        with closing(sqlite3.connect(self.path)) as base, base:
            base.execute("INSERT OR REPLACE INTO credentials_fact VALUES (?, ?, ?, ?)", (seq, kind, ref, body))

    def ask(self):
        """Why the key is refused; None where it is good."""
        try:
            self.register.identify([Credential("gw2", SECRET)], REQUEST)
        except Refusal as refusal:
            return refusal.faults[0].code
        return None

    def wait_for(self, code):
        ends = time.monotonic() + 10
        while self.ask() is not code:
            assert time.monotonic() < ends, self.ask()
            time.sleep(0.01)


@pytest.fixture
def base(tmp_path):
    base = Base(tmp_path / "control.db")
    yield base
    base.follower.stop()


def test_what_a_later_version_tells_is_passed_over(base):
    """While nodes are brought up one after the other, the old ones go on with what they know."""
    base.tell(2, "grant", "g1", '{"anything": [1]}')
    base.tell(3, "key", "k1", '{"later": true, ' + KEY[1:])
    base.follower.start()
    assert base.ask() is None


def test_after_a_damaged_fact_no_key_is_believed_until_it_is_mended(base):
    """It may be a revocation that cannot be read. The follower says which it is, once, and goes on trying."""
    base.tell(2, "key", "k1", KEY)
    base.follower.start()
    assert base.ask() is None
    base.tell(3, "key", "k1", '{"kind": 7}')
    base.wait_for(Code.NOT_READY)
    (lost,) = base.told
    assert isinstance(lost, CredentialsLost)
    assert "the fact 3 (key k1) is damaged" in lost.error
    base.tell(4, "key", "k1", KEY)
    base.wait_for(None)
    assert len(base.told) == 1


def test_keys_are_followed_while_their_uses_cannot_be_written_and_no_use_is_lost(base):
    """That is told once, as what it is; the moments wait, and are written when it is possible again."""
    base.tell(2, "key", "k1", KEY)
    base.follower.start()
    uses = UseKeeper(SqliteLedger(base.path), base.register, base.told.append)
    with closing(sqlite3.connect(base.path)) as other:
        other.execute("DROP TABLE credentials_use")
    for _ in range(2):
        assert base.ask() is None
        uses.write()
    assert [type(each) for each in base.told] == [UsesLost]
    base.tell(3, "key", "k1", "")
    base.wait_for(Code.CREDENTIAL_INVALID)
    assert len(base.told) == 1
    base.make_uses()
    uses.write()
    with closing(sqlite3.connect(base.path)) as other:
        assert [ref for ref, _ in other.execute("SELECT * FROM credentials_use")] == ["k1"]
