"""Content codings by negotiation (RFC 9110, 12.5.3): prepared at publication, or compressed aside for the next ask."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Lock

from ..exchange import Answer, Buffer, Request
from ..formats.codings import CODINGS, SIZE_MIN_BYTES, compressor
from .preferences import HEADER_MAX_BYTES, qualities

_SEEN_MAX, _PENDING_MAX = 8_192, 16
_ENTRY_BYTES = 512
"""What an answer that is kept takes beside its body, roughly."""


@lru_cache(maxsize=1024)
def acceptable(header: bytes) -> tuple[str, ...]:
    """The codings of ours that an `Accept-Encoding` allows, best first; none where identity is preferred."""
    named = qualities(header)
    others = named.get("*", 0.0)
    wanted = [(-named.get(coding, others), order, coding) for order, coding in enumerate(CODINGS)]
    identity = named.get("identity", 0.0)
    return tuple(coding for quality, _, coding in sorted(wanted) if quality < 0 and -quality >= identity)


def compress(body: bytes, coding: str) -> bytes:
    """A whole body in a coding."""
    made = compressor(coding, len(body), quick=True)
    return made.compress(body) + made.flush()


class Encoder:
    """Puts answers into the coding that a client takes.

    What publication prepared is sent at once. Anything else goes out as it is the first times it is asked for, while
    one thread compresses it for those who ask again; the memory for that is bounded.
    """

    def __init__(self, size_max_bytes: int) -> None:
        self._size_max_bytes, self._size_bytes = size_max_bytes, 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._seen: dict[bytes, None] = {}
        self._pending: set[bytes] = set()
        self._lock = Lock()
        self._thread: ThreadPoolExecutor | None = None

    def encode(self, answer: Answer, request: Request) -> str | None:
        """Exchange the answer's body for a coded one where there is one; the coding, or None."""
        header = request.headers.get(b"accept-encoding", b"")
        codings = acceptable(header) if len(header) <= HEADER_MAX_BYTES else ()
        if not codings:
            return None
        for coding in codings:
            if coding in answer.prepared:
                answer.body = answer.prepared[coding]
                return coding
        body = answer.body
        if answer.etag is None or not isinstance(body, (bytes, memoryview)) or not self._worth(body):
            return None
        return self._recall(answer, request, body, codings[0])

    def _worth(self, body: Buffer) -> bool:
        return SIZE_MIN_BYTES <= len(body) <= self._size_max_bytes // 8

    def _recall(self, answer: Answer, request: Request, body: Buffer, coding: str) -> str | None:
        key = _digest(request.path, request.query, answer.etag or b"", coding.encode())
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                answer.body = kept
                return coding
            if key in self._seen:
                del self._seen[key]
                self._compress_aside(key, bytes(body), coding)
            else:
                self._seen[key] = None
                if len(self._seen) > _SEEN_MAX:
                    del self._seen[next(iter(self._seen))]
        return None

    def _compress_aside(self, key: bytes, body: bytes, coding: str) -> None:
        if key in self._pending or len(self._pending) >= _PENDING_MAX:
            return
        self._pending.add(key)
        self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="compress")
        self._thread.submit(self._keep, key, body, coding)

    def _keep(self, key: bytes, body: bytes, coding: str) -> None:
        try:
            packed = compress(body, coding)
            with self._lock:
                self._kept[key] = packed
                self._size_bytes += len(packed) + _ENTRY_BYTES
                while self._size_bytes > self._size_max_bytes:
                    self._size_bytes -= len(self._kept.popitem(last=False)[1]) + _ENTRY_BYTES
        finally:
            with self._lock:
                self._pending.discard(key)


def _digest(*parts: bytes) -> bytes:
    """A key as long for long questions as for short ones, which nobody can make equal to another's."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()
