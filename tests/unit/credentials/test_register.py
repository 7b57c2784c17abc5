"""The register: from a secret to a caller, or to the reason why it is worth nothing."""

import threading
import time

import jwt
import msgspec
import pytest

from dragoman.credentials.allowances import Allowances
from dragoman.credentials.facts import Account, Application, Fact, Key, read, write
from dragoman.credentials.register import Register, is_allowed
from dragoman.credentials.secrets import Digester, Kind, mint
from dragoman.errors import Code, Refusal
from dragoman.exchange import Request
from dragoman.query import Credential, Rate

DIGESTER = Digester(b"k" * 32)
ALICE, BOB = Account(subject="a-7"), Account()
GAME = Application(account=1, name="Game")


def request(peer="192.0.2.7"):
    return Request(verb="GET", path=b"/v2/account", peer=peer)


class World:
    """A register with Alice (1), Bob (2), a key of Alice's, and a way to change what is known."""

    def __init__(self):
        self.register = Register(DIGESTER, stale_max_s=60)
        self.seq = 0
        self.secret = mint(Kind.GW2)
        self.key = Key(kind="gw2", digest=DIGESTER.digest(self.secret).hex(), account=1, name="mine", permissions=("account", "wallet"))
        self.tell("account", "1", ALICE)
        self.tell("account", "2", BOB)
        self.tell("key", "k1", self.key)
        self.register.hear()

    def tell(self, kind, ref, body):
        self.seq += 1
        self.register.apply([Fact(self.seq, kind, ref, body)])

    def change(self, **more):
        self.key = msgspec.structs.replace(self.key, **more)
        self.tell("key", "k1", self.key)

    def identify(self, *credentials, peer="192.0.2.7"):
        return self.register.identify(credentials or (Credential("gw2", self.secret),), request(peer))

    def refused(self, *credentials, **more):
        with pytest.raises(Refusal) as raised:
            self.identify(*credentials, **more)
        (fault,) = raised.value.faults
        assert fault.hint
        assert self.secret not in str(raised.value)
        return fault.code


@pytest.fixture
def world():
    return World()


def test_a_key_is_worth_what_its_account_has_and_what_it_was_given(world):
    caller = world.identify()
    assert (caller.account, caller.subject, caller.key) == (1, "a-7", "k1")
    assert caller.permissions == {"account", "wallet"}
    assert caller.application is None


def test_the_case_of_a_key_means_nothing(world):
    assert world.identify(Credential("gw2", world.secret.lower())) == world.identify()


def test_a_key_of_one_kind_is_none_of_another(world):
    assert world.refused(Credential("api-token", world.secret)) is Code.CREDENTIAL_INVALID


class Desk(World):
    """Alice's API token and Bob's user token beside the key."""

    def __init__(self):
        super().__init__()
        self.register._allowances = Allowances(key=Rate(5, 5))
        self.api, self.user = mint(Kind.API_TOKEN), mint(Kind.USER_TOKEN)
        for ref, kind, secret, account in (("api", "api-token", self.api, 1), ("user", "user-token", self.user, 2)):
            self.tell("key", ref, Key(kind=kind, digest=DIGESTER.digest(secret).hex(), account=account, permissions=("bans",),
                                      expires_at=time.time() + (60 if ref == "user" else 90)))


def test_an_api_token_says_who_asks_and_a_user_token_for_whom():
    """Calls are counted as the first one's; rights, and whose the answers are, are the second one's alone."""
    desk = Desk()
    alone = desk.identify(Credential("api-token", desk.api))
    assert (alone.account, alone.subject, alone.permissions, alone.key) == (None, None, frozenset(), "api")
    assert [limit.subject for limit in alone.limits] == ["key:api"]
    assert alone.party == "key:api"
    both = desk.identify(Credential("api-token", desk.api), Credential("user-token", desk.user))
    assert (both.account, both.permissions, both.key) == (2, {"bans"}, "api")
    assert both.limits == alone.limits
    assert both.expires_at is not None
    assert both.expires_at < alone.expires_at
    assert both.party == "account:2"


@pytest.mark.parametrize("kind", ["gw2", "remote-auth", "access-token"])
def test_a_token_for_signing_in_alone_opens_nothing(world, kind):
    """It was given without any permission; whoever holds it learns what to ask for. A key or subtoken without one is its owner's choice."""
    token = mint(Kind.ACCESS_TOKEN)
    known = Key(kind="access-token", digest=DIGESTER.digest(token).hex(), account=1, application="app")
    world.tell("application", "app", GAME)
    world.tell("key", "t1", known)
    with pytest.raises(Refusal) as raised:
        world.identify(Credential(kind, token))
    (fault,) = raised.value.faults
    assert (fault.code, fault.facts["key"], fault.facts["application"]) == (Code.PERMISSION_MISSING, "t1", "app")
    assert "permission" in fault.message
    world.tell("key", "t1", msgspec.structs.replace(known, permissions=("account",)))
    assert world.identify(Credential(kind, token)).permissions == {"account"}
    world.change(permissions=())
    assert world.identify().permissions == frozenset()


@pytest.mark.parametrize("kind", ["api-token", "user-token"])
def test_a_token_of_another_length_is_told_how_long_it_is(kind):
    desk = Desk()
    wrong = {"kind": kind, "length": 128}
    for text, facts in (("x" * 127, wrong), ("x" * 10_000, wrong), ("x" * 128, {"kind": kind})):
        with pytest.raises(Refusal) as raised:
            desk.identify(Credential(kind, text))
        assert raised.value.faults[0].facts == facts


@pytest.mark.parametrize(("change", "code"), [
    ({"state": "revoked"}, Code.CREDENTIAL_REVOKED), ({"state": "disabled"}, Code.CREDENTIAL_DISABLED),
    ({"state": "suspended"}, Code.CREDENTIAL_DISABLED), ({"expires_at": 1.0}, Code.CREDENTIAL_EXPIRED),
])
def test_each_state_is_told_apart(world, change, code):
    world.change(**change)
    assert world.refused() is code


@pytest.mark.parametrize(("kind", "ref", "change"), [
    ("key", "k1", {"state": "revoked"}), ("key", "k1", {"state": "suspended"}), ("key", "k1", {"expires_at": 1.0}),
    ("account", "1", {"banned": True}), ("application", "app", {"blocked": True}), ("application", "app", {"type": "server"}),
    ("application", "app", None),
])
def test_whose_call_is_refused_is_told_by_public_ids(world, kind, ref, change):
    world.tell("application", "app", GAME)
    world.change(application="app")
    known = {"key": world.key, "account": ALICE, "application": GAME}[kind]
    world.tell(kind, ref, change and msgspec.structs.replace(known, **change))
    with pytest.raises(Refusal) as raised:
        world.identify()
    (fault,) = raised.value.faults
    assert (fault.facts["key"], fault.facts["application"]) == ("k1", "app")
    assert world.secret not in repr(fault)


def test_an_unknown_key_is_told_of_the_application_that_it_was_sent_with_alone(world):
    world.tell("application", "app", GAME)
    with pytest.raises(Refusal) as raised:
        world.identify(Credential("application-id", "app"), Credential("gw2", "x" * 40))
    assert raised.value.faults[0].facts == {"kind": "gw2", "application": "app"}


@pytest.mark.parametrize("fresh", [False, True])
def test_limits_that_change_while_they_are_worked_out_are_in_force_from_the_next_call_on(world, fresh):
    """Another thread follows; what it tells in the middle of a call must not be lost."""
    class Meanwhile:
        asked = 0

        def of_application(self, ref, application):
            self.asked += 1
            if self.asked == 1:
                known = [Fact(8, "account", "1", ALICE), Fact(9, "application", "app", msgspec.structs.replace(GAME, rate="2/s"))]
                world.register.apply(known, fresh=fresh)
            return Allowances().of_application(ref, application)

    world.tell("application", "app", msgspec.structs.replace(GAME, rate="1/s"))
    world.register._allowances = Meanwhile()
    bursts = [world.identify(Credential("application-id", "app")).limits[0].rate.burst for _ in range(3)]
    assert bursts == [1, 2, 2]
    assert world.register._allowances.asked == 2


def test_who_disabled_a_key_is_told(world):
    said = []
    for state in ("disabled", "suspended"):
        world.change(state=state)
        with pytest.raises(Refusal) as raised:
            world.identify()
        said.append(raised.value.faults[0].message)
    assert "owner" in said[0]
    assert "operator" in said[1]


def test_a_key_of_a_banned_account_is_worth_nothing_until_it_is_unbanned(world):
    world.tell("account", "1", msgspec.structs.replace(ALICE, banned=True))
    assert world.refused() is Code.ACCOUNT_BANNED
    world.tell("account", "1", ALICE)
    assert world.identify().account == 1


def test_a_key_of_an_account_that_is_gone_is_worth_nothing(world):
    world.tell("account", "1", None)
    assert world.refused() is Code.ACCOUNT_BANNED
    world.tell("key", "k1", None)
    assert world.refused() is Code.CREDENTIAL_INVALID


def test_a_key_with_another_digest_is_another_key(world):
    other = mint(Kind.GW2)
    world.change(digest=DIGESTER.digest(other).hex())
    assert world.refused() is Code.CREDENTIAL_INVALID
    assert world.identify(Credential("gw2", other)).key == "k1"


def test_a_key_made_elsewhere_is_known_by_the_digest_of_its_own_case(world):
    world.change(digest=DIGESTER.foreign("Old-Key").hex())
    assert world.identify(Credential("gw2", "Old-Key")).key == "k1"
    assert world.refused(Credential("gw2", "old-key")) is Code.CREDENTIAL_INVALID


class TestApplications:
    """Known by their id, from anywhere or from their addresses."""

    def test_an_application_id_is_no_secret_and_its_case_means_nothing(self, world):
        world.tell("application", "ab12", GAME)
        assert world.identify(Credential("application-id", "AB12")).application == "ab12"

    def test_an_unknown_one_is_refused(self, world):
        assert world.refused(Credential("application-id", "demo")) is Code.APPLICATION_INVALID

    def test_a_blocked_one_is_refused(self, world):
        world.tell("application", "ab12", msgspec.structs.replace(GAME, blocked=True))
        assert world.refused(Credential("application-id", "ab12")) is Code.APPLICATION_BLOCKED

    def test_one_of_a_banned_account_is_refused(self, world):
        world.tell("application", "ab12", GAME)
        world.tell("account", "1", msgspec.structs.replace(ALICE, banned=True))
        assert world.refused(Credential("application-id", "ab12")) is Code.APPLICATION_BLOCKED

    @pytest.mark.parametrize(("peer", "allowed"), [
        ("192.0.2.7", True), ("192.0.2.8", False), ("::ffff:192.0.2.7", True), ("2001:db8::1", True), ("2001:db9::1", False),
        ("10.1.2.3", True), ("", False), ("unix:", False),
    ])
    def test_a_server_is_used_from_its_addresses_alone(self, world, peer, allowed):
        world.tell("application", "ab12", Application(account=1, name="S", type="server",
                                                      addresses=("192.0.2.7", "2001:db8::/32", "10.0.0.0/8")))
        if allowed:
            assert world.identify(Credential("application-id", "ab12"), peer=peer).application == "ab12"
        else:
            assert world.refused(Credential("application-id", "ab12"), peer=peer) is Code.ADDRESS_NOT_ALLOWED

    def test_whether_an_address_is_one_of_them_is_worked_out_once_and_kept_for_a_bounded_number(self, world):
        world.tell("application", "ab12", Application(account=1, name="S", type="server", addresses=("10.0.0.0/8",)))
        is_allowed.cache_clear()
        for number in range(5_000):
            world.identify(Credential("application-id", "ab12"), peer=f"10.0.{number // 250}.{number % 250}")
        for _ in range(10):
            world.identify(Credential("application-id", "ab12"), peer="10.9.9.9")
        kept = is_allowed.cache_info()
        assert kept.misses == 5_001
        assert kept.currsize == kept.maxsize < 5_000

    def test_whoever_follows_its_link_comes_from_anywhere_and_is_counted_alone(self, world):
        world.tell("application", "ab12", Application(account=1, name="S", type="server", rate="5/s"))
        caller = world.identify(Credential("application-link", "AB12"), peer="192.0.2.99")
        assert (caller.application, caller.limits, caller.account) == ("ab12", (), None)
        world.tell("application", "ab12", msgspec.structs.replace(GAME, blocked=True))
        assert world.refused(Credential("application-link", "ab12")) is Code.APPLICATION_BLOCKED
        assert world.refused(Credential("application-link", "demo")) is Code.APPLICATION_INVALID

    def test_a_server_without_addresses_is_used_from_nowhere(self, world):
        world.tell("application", "ab12", Application(account=1, name="S", type="server"))
        assert world.refused(Credential("application-id", "ab12")) is Code.ADDRESS_NOT_ALLOWED

    @pytest.mark.parametrize("kind", ["gw2", "remote-auth", "access-token", "api-token"])
    def test_a_key_of_an_application_is_answered_in_the_version_that_this_has_settled_on(self, world, kind):
        """Whatever it was sent with; until it settles on another one, or on none."""
        pinned, other = "2022-03-09T02:00:00.000000Z", "a" * 32
        secret = mint(Kind(kind))
        world.tell("application", "b" * 32, msgspec.structs.replace(GAME, version=pinned))
        world.tell("application", other, msgspec.structs.replace(GAME, version="2020-01-01T00:00:00.000000Z"))
        world.tell("key", "k2", Key(kind=kind, digest=DIGESTER.digest(secret).hex(), account=1, application="b" * 32,
                                     permissions=("account",)))
        assert world.identify(Credential(kind, secret)).version == pinned
        if kind != "access-token":                  # which no other application may send
            assert world.identify(Credential("application-id", other), Credential(kind, secret)).version == pinned
        assert world.identify(Credential("application-id", other)).version == "2020-01-01T00:00:00.000000Z"
        assert world.identify().version is None
        world.tell("application", "b" * 32, GAME)
        assert world.identify(Credential(kind, secret)).version is None

    def test_a_key_of_an_application_ends_with_it(self, world):
        world.tell("application", "ab12", GAME)
        world.change(application="ab12")
        assert world.identify().application == "ab12"
        world.tell("application", "ab12", None)
        assert world.refused() is Code.APPLICATION_INVALID


class TestFreshness:
    """What was revoked must not open doors for long, even where nobody can be asked."""

    def test_nothing_is_known_before_everything_was_heard(self):
        assert_not_ready(Register(DIGESTER, stale_max_s=60))

    def test_what_was_heard_long_ago_is_not_taken(self, world):
        world.register._stale_max_s = 0
        time.sleep(0.01)
        assert world.refused() is Code.NOT_READY

    def test_who_sends_nothing_needs_nobody(self):
        assert Register(DIGESTER, stale_max_s=60).identify((), request()).account is None


def assert_not_ready(register):
    with pytest.raises(Refusal) as raised:
        register.identify((Credential("gw2", "x"),), request())
    assert raised.value.faults[0].code is Code.NOT_READY


class TestSubtokens:
    """As much as both allow, for as long as both live."""

    def derive(self, world, permissions=frozenset({"wallet"}), expires_at=None, urls=()):
        ends = expires_at or time.time() + 60
        return Credential("gw2", world.register.derive(world.identify(), permissions, ends, urls))

    def test_one_may_do_what_it_was_made_for(self, world):
        caller = world.identify(self.derive(world, urls=("/v2/account",)))
        assert caller.permissions == {"wallet"}
        assert caller.urls == ("/v2/account",)
        assert (caller.account, caller.subject, caller.key) == (1, "a-7", "k1")
        assert caller.expires_at <= time.time() + 60

    def test_it_loses_what_its_parent_loses(self, world):
        derived = self.derive(world)
        world.change(permissions=("account",))
        assert world.identify(derived).permissions == frozenset()

    def test_it_dies_with_its_parent(self, world):
        derived = self.derive(world)
        world.change(state="revoked")
        assert world.refused(derived) is Code.CREDENTIAL_REVOKED
        world.tell("key", "k1", None)
        assert world.refused(derived) is Code.CREDENTIAL_INVALID

    def test_it_ends_in_time(self, world):
        assert world.refused(self.derive(world, expires_at=time.time() - 2)) is Code.CREDENTIAL_EXPIRED

    @pytest.mark.parametrize("spoil", [
        lambda text: text[:-2] + ("AA" if text[-2:] != "AA" else "BB"),
        lambda text: "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + text.split(".")[1] + ".",
        lambda text: ".." + text[:0],
        lambda text: text + ".", lambda text: "a.b.c" + text[:0], lambda text: text.replace(".", "..", 1)[:-1],
        lambda text: text + "A" * 5_000,
    ])
    def test_nobody_makes_one_without_the_key_of_the_server(self, world, spoil):
        assert world.refused(Credential("gw2", spoil(self.derive(world).text))) is Code.CREDENTIAL_INVALID

    def test_it_is_good_on_a_node_whose_clock_is_behind(self, world):
        made = jwt.decode(self.derive(world).text, options={"verify_signature": False})
        ahead = jwt.encode({**made, "iat": time.time() + 30}, DIGESTER.derive("subtoken"), "HS256")
        assert world.identify(Credential("gw2", ahead)).key == "k1"

    def test_it_tells_nothing_of_the_key(self, world):
        assert world.secret.lower() not in self.derive(world).text.lower()

    def test_a_key_tells_its_name_and_permissions(self, world):
        info = world.register.describe(world.identify())
        assert (info.id, info.name, info.permissions) == ("k1", "mine", {"account", "wallet"})


def test_a_good_key_is_never_refused_while_everything_is_told_anew(world):
    """From another thread, as after every break of the connection: what is gone is gone, what is good stays good."""
    known = [Fact(1, "account", "1", ALICE), Fact(2, "key", "k1", world.key)]
    others = [Fact(seq, "key", f"o{seq}", msgspec.structs.replace(world.key, digest=f"{seq:064x}")) for seq in range(3, 3_000)]
    ending = threading.Event()

    def tell():
        while not ending.is_set():
            world.register.apply(known + others, fresh=True)

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        ends = time.monotonic() + 0.5
        while time.monotonic() < ends:
            assert world.identify().key == "k1"
    finally:
        ending.set()
        thread.join()
    world.register.apply(known[:1], fresh=True)
    assert world.refused() is Code.CREDENTIAL_INVALID


def test_uses_are_told_once(world):
    before = time.time()
    world.identify()
    uses = world.register.take_uses()
    assert list(uses) == ["k1"]
    assert before <= uses["k1"] <= time.time()
    assert world.register.take_uses() == {}


@pytest.mark.parametrize(("kind", "body"), [
    ("account", ALICE), ("application", GAME),
    ("key", Key(kind="gw2", digest="00", account=1, expires_at=2.5, permissions=("a",), state="disabled")),
])
def test_a_fact_is_read_as_it_was_written(kind, body):
    assert read(4, kind, "x", write(body)) == Fact(4, kind, "x", body)
    assert read(5, kind, "x", "") == Fact(5, kind, "x", None)


class Granted(World):
    """What Alice has let the game do, of which Bob is the owner."""

    def __init__(self):
        super().__init__()
        self.tell("application", "g" * 32, msgspec.structs.replace(GAME, account=2))
        self.tell("application", "o" * 32, msgspec.structs.replace(GAME, account=2, name="Other"))
        self.secret = mint(Kind.ACCESS_TOKEN)
        self.change(kind="access-token", digest=DIGESTER.digest(self.secret).hex(), application="g" * 32,
                    expires_at=time.time() + 60)

    def identify(self, *credentials, peer="192.0.2.7"):
        return super().identify(*(credentials or (Credential("access-token", self.secret),)), peer=peer)


@pytest.fixture
def granted():
    return Granted()


def test_an_access_token_stands_for_its_account_through_its_application(granted):
    caller = granted.identify()
    assert (caller.account, caller.subject, caller.application, caller.permissions) == (1, "a-7", "g" * 32, {"account", "wallet"})
    assert caller.expires_at == granted.key.expires_at


def test_an_access_token_is_taken_where_a_convention_has_one_place_for_keys_and_tokens(granted):
    for kind in ("gw2", "remote-auth"):
        assert granted.identify(Credential(kind, granted.secret)) == granted.identify()
        assert granted.identify(Credential(kind, granted.secret.upper())) == granted.identify()
        assert granted.refused(Credential(kind, mint(Kind.ACCESS_TOKEN))) is Code.CREDENTIAL_INVALID
        assert granted.refused(Credential(kind, mint(Kind.REFRESH_TOKEN))) is Code.CREDENTIAL_INVALID
    for kind in ("api-token", "user-token", "refresh-token", "application-secret"):
        assert granted.refused(Credential(kind, granted.secret)) is Code.CREDENTIAL_INVALID


def test_a_remote_auth_is_a_key_of_an_account_or_a_token_of_an_application(granted):
    """Each with what it may do; of another kind neither is, and a wrong one is told what is wrong with it (W3)."""
    key = mint(Kind.REMOTE_AUTH)
    granted.tell("key", "r1", Key(kind="remote-auth", digest=DIGESTER.digest(key).hex(), account=2, permissions=("account",)))
    own = granted.identify(Credential("remote-auth", key))
    assert (own.account, own.application, own.permissions) == (2, None, {"account"})
    lent = granted.identify(Credential("remote-auth", granted.secret))
    assert (lent.account, lent.application, lent.permissions) == (1, "g" * 32, {"account", "wallet"})
    for kind in ("gw2", "access-token", "api-token"):
        assert granted.refused(Credential(kind, key)) is Code.CREDENTIAL_INVALID
    reasons = {text: reason(granted, Credential("remote-auth", text)) for text in (mint(Kind.ACCESS_TOKEN), mint(Kind.REMOTE_AUTH))}
    assert len(set(reasons.values())) == 2
    granted.change(expires_at=time.time() - 1)
    assert granted.refused(Credential("remote-auth", granted.secret)) is Code.CREDENTIAL_EXPIRED
    granted.tell("account", "1", Account(banned=True))
    granted.change(expires_at=None)
    assert granted.refused(Credential("remote-auth", granted.secret)) is Code.ACCOUNT_BANNED


def reason(world, credential):
    """What is told of a credential that is worth nothing."""
    with pytest.raises(Refusal) as raised:
        world.identify(credential)
    (fault,) = raised.value.faults
    assert fault.hint
    return fault.message


def test_a_key_is_no_access_token(world):
    assert world.refused(Credential("access-token", world.secret)) is Code.CREDENTIAL_INVALID


def test_an_access_token_goes_with_its_own_application_alone(granted):
    token = Credential("access-token", granted.secret)
    assert granted.identify(Credential("application-id", "g" * 32), token).application == "g" * 32
    assert granted.refused(Credential("application-id", "o" * 32), token) is Code.CREDENTIAL_INVALID


@pytest.mark.parametrize(("kind", "ref", "body", "code"), [
    ("application", "g" * 32, msgspec.structs.replace(GAME, account=2, blocked=True), Code.APPLICATION_BLOCKED),
    ("application", "g" * 32, None, Code.APPLICATION_INVALID),
    ("account", "2", Account(banned=True), Code.APPLICATION_BLOCKED),
    ("account", "1", Account(banned=True), Code.ACCOUNT_BANNED),
    ("account", "1", None, Code.ACCOUNT_BANNED),
    ("key", "k1", None, Code.CREDENTIAL_INVALID),
])
def test_an_access_token_ends_with_whatever_it_hangs_on(granted, kind, ref, body, code):
    granted.identify()
    granted.tell(kind, ref, body)
    assert granted.refused() is code


def test_an_access_token_ends_when_its_time_is_over(granted):
    granted.change(expires_at=time.time() - 1)
    assert granted.refused() is Code.CREDENTIAL_EXPIRED


def test_a_token_of_a_server_application_is_good_from_its_addresses_alone(granted):
    granted.tell("application", "g" * 32, Application(account=2, name="Game", type="server", addresses=("198.51.100.0/24",)))
    assert granted.refused() is Code.ADDRESS_NOT_ALLOWED
    assert granted.identify(peer="198.51.100.9").account == 1
