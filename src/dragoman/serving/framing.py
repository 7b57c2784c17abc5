"""What the parser lets pass and RFC 9112 does not: judged on the head that it hands over, before anything runs."""

from __future__ import annotations

import re
from http import HTTPStatus

import httptools
import msgspec

from ..exchange import Answer, Header
from .authority import read_authority
from .problem import MEDIA_TYPE, problem_json

_WATCHED = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
_ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://([^/?]*)(.*)", re.DOTALL)
_REASONS = {"Invalid HTTP version": 505, "Pause on PRI/Upgrade": 505}
"""What the parser says, and the status that fits better than 400."""
ALLOWED = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


_PARTS = re.compile(rb"[^\t\r\n -~]+[\t\r\n -~]*|[\t\r\n -~]+")
"""What the parser is fed with one by one, so that it tells what it has read before a byte that no target may hold."""


class Rejected(Exception):
    """A request that is answered at once, after which the connection is closed."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)

    def render(self, answer: Answer | None = None) -> bytes:
        """The end of the answer, from its own headers on: that of the dialect asked, or a small problem."""
        body = problem_json(self.status, self.reason)
        headers = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store")]
        if answer is not None and isinstance(answer.body, bytes):
            body, headers = answer.body, answer.headers
        if self.status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = [*headers, (b"allow", ALLOWED)]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return b"%bcontent-length: %d\r\nconnection: close\r\n\r\n%b" % (lines, len(body), body)


class Framing(msgspec.Struct, gc=False):
    """What the head says of the message: where it goes, and whether a body follows."""

    target: bytes
    """In origin form, or `*`."""
    authority: bytes | None = None
    """That of an absolute target, which replaces `Host`."""
    body: bool = False
    chunked: bool = False
    expects: bool = False
    """Whether the client waits for 100 before it sends the body."""


def judge(version: str, verb: bytes, target: bytes, headers: list[Header], upgrade: bool) -> Framing:
    """The framing of a request. Raises `Rejected` where it is ambiguous, malformed or of another protocol."""
    if version not in ("1.1", "1.0"):
        raise Rejected(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
    if verb == b"CONNECT":
        raise Rejected(405, "this is no proxy")
    framing = _read_target(verb, target)
    hosts = 0
    for name, value in headers:
        if name not in _WATCHED:
            continue
        if name == b"host":
            hosts += 1
            if read_authority(value) is None:
                raise Rejected(400, "the Host header holds no host name with an optional port")
        else:
            _weigh(name, value, framing)
    if hosts > 1 or (not hosts and version == "1.1"):
        raise Rejected(400, "exactly one Host header is needed")
    if framing.chunked and version == "1.0":
        raise Rejected(400, "HTTP/1.0 knows no Transfer-Encoding")
    if upgrade and framing.body:
        raise Rejected(400, "a request that asks for another protocol cannot have a body")
    framing.expects = framing.expects and framing.body and version == "1.1"
    return framing


def _weigh(name: bytes, value: bytes, framing: Framing) -> None:
    if name == b"content-length":               # the parser has seen to its digits, and that it stands alone
        framing.body = int(value) > 0
    elif name == b"transfer-encoding":
        if value.lower() != b"chunked":
            raise Rejected(501, "the only Transfer-Encoding understood is: chunked")
        framing.body = framing.chunked = True
    elif value.lower() == b"100-continue":
        framing.expects = True
    else:
        raise Rejected(417, "the only expectation understood is: 100-continue")


def _read_target(verb: bytes, target: bytes) -> Framing:
    if b"#" in target:
        raise Rejected(400, "a request target has no fragment")
    if target[:1] == b"/" or (target == b"*" and verb == b"OPTIONS"):
        return Framing(target)
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        raise Rejected(400, "the request target is no path, and no address that starts with http://")
    if read_authority(found[1]) is None:
        raise Rejected(400, "the address asked for has no valid host")
    return Framing(found[2] if found[2][:1] == b"/" else b"/" + found[2], authority=found[1])


def explain(error: httptools.HttpParserError) -> Rejected:
    """The refusal behind what the parser raised: our own from within a callback, or one for its complaint."""
    if isinstance(error.__context__, Rejected):
        return error.__context__
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return Rejected(405, "the method is unknown")
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return Rejected(400, "the address holds what no address may: percent-encode it")
    reason = str(error)
    return Rejected(_REASONS.get(reason, 400), f"the request is no valid HTTP: {reason}")


class _Heard:
    """The target of the last request that a parser tells of."""

    def __init__(self) -> None:
        self.url = b""

    def on_message_begin(self) -> None:
        self.url = b""

    def on_url(self, url: bytes) -> None:
        self.url += url


def target_in(refused: bytes) -> bytes:
    """The target of the request at the end of what the parser refused, as far as it can be read: that tells who was asked. `refused` begins
    with a request."""
    heard = _Heard()
    parser = httptools.HttpRequestParser(heard)
    try:
        for part in _PARTS.findall(refused):
            parser.feed_data(part)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return heard.url
    return heard.url
