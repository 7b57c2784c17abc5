"""Requests bent at random, in random segments: the server neither crashes nor runs what it was not asked."""

from __future__ import annotations

import random

from .conftest import Running, statuses

SEEDS = [
    b"GET /v2/echo HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
    b"POST /v2/echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /v2/echo HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    b"GET http://b.example/v2/echo?x HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\nConnection: upgrade\r\n\r\n",
]
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"0", b"-1", b"ffffffff", b"Content-Length: 3\r\n", b"\xff",
          b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"Upgrade: x\r\nConnection: upgrade\r\n", b"HTTP/1.0", b"GET "]


def bend(random_: random.Random, request: bytes) -> bytes:
    """One to three cuts, copies or insertions."""
    for _ in range(random_.randint(1, 3)):
        start = random_.randrange(len(request))
        end = min(len(request), start + random_.randint(0, 8))
        middle = random_.choice([b"", request[start:end] * 2, random_.choice(PIECES)])
        request = request[:start] + middle + request[end:]
    return request


def test_bent_requests_get_answers_or_refusals_and_crash_nothing(ours: Running) -> None:
    """Whatever comes, statuses are of the kind that a client's mistake has, and the next client is served."""
    random_ = random.Random(20_261_124)
    for _ in range(600):
        raw = b"".join(bend(random_, random_.choice(SEEDS)) for _ in range(random_.randint(1, 3)))
        cuts = sorted(random_.randrange(len(raw) + 1) for _ in range(random_.randint(0, 3)))
        segments = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
        answer = ours.say(*segments, pause_s=0.001, end=True)
        assert set(statuses(answer)) <= {100, 200, 204, 400, 404, 405, 408, 413, 414, 417, 431, 501, 505}, (raw, answer)
    assert ours.get("/v2/echo").status_code == 200
    assert [line for line in ours.logged if line["event"] in ("crashed", "logged")] == []
