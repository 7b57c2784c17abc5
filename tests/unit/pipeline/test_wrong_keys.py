"""Whoever tries keys: a million distinct ones from one address cost little, tell nothing and fill no memory."""

import resource

from dragoman import Catalog
from dragoman.contracts import Request
from dragoman.credentials.register import Register
from dragoman.credentials.secrets import Digester
from dragoman.errors import Code, Refusal
from dragoman.limits.memory import MemoryMeter
from dragoman.pipeline.gate import Gate
from dragoman.query import Ask, Credential, Query, Rate

TRIES = 1_000_000
GROWTH_MAX_KB = 30_000


def make_target():
    catalog = Catalog("shop", permissions={"account": "Your account"})

    @catalog.method("mine", permission="account")
    def mine() -> int:
        return 1

    return catalog.load().methods["data/mine"]


def test_a_million_wrong_keys_from_one_address_are_refused_within_bounds():
    register = Register(Digester(b"k" * 32), stale_max_s=3_600)
    register.hear()
    gate = Gate(register, MemoryMeter(), wrong_keys=Rate(1, 60))
    target, request = make_target(), Request(verb="GET", path=b"/v2/mine", peer="192.0.2.7")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    codes = {}
    for number in range(TRIES):
        query = Query(target="data/mine", ask=Ask.CALL, credentials=(Credential("gw2", f"{number:x}"),))
        try:
            gate.admit(query, target, request)
        except Refusal as refusal:
            code = refusal.faults[0].code
            codes[code] = codes.get(code, 0) + 1
    assert set(codes) == {Code.CREDENTIAL_INVALID, Code.LIMIT_EXCEEDED}
    assert sum(codes.values()) == TRIES
    assert codes[Code.CREDENTIAL_INVALID] < 60 + 120        # the burst, and one a second for at most two minutes
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MAX_KB
