"""The log: one observation a line, as JSON on standard error; at a terminal only what needs a person."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TextIO

import msgspec

from ..credentials.redaction import is_plain, redact
from ..observations import Answered, Crashed, EditionRefused, Logged, Observation, Observe

_FLUSH_S = 1.0
_LINES_KEPT_MAX = 500
_PIECE_BYTES = 4_096
"""What a pipe takes as one: the lines of several workers must not run into each other."""

_URGENT = (Crashed, EditionRefused, Logged)
"""What a person at a terminal is told; of a publication that failed the command itself tells."""


class Log:
    """An observer that writes lines, without secrets. Lines on answers are kept for at most a second; every other line is
    written at once, after those before it."""

    def __init__(self, stream: TextIO, *, access: bool | None = None) -> None:
        """`access` tells whether answers are lines; None leaves it to the stream. A terminal is for a person, who sees
        elsewhere what goes well: there only what needs one is told, unless the answers are asked for."""
        self._stream = stream
        person = stream.isatty()
        self._access = not person if access is None else access
        self._all = self._access or not person
        self._encoder = msgspec.json.Encoder()
        self._lines: list[bytes] = []
        self._lock = threading.Lock()
        self._second, self._stamp = -1, b""

    def __call__(self, observation: Observation) -> None:
        """Write one line, soon."""
        answered = isinstance(observation, Answered)
        if not (self._access if answered else self._all or isinstance(observation, _URGENT)):
            return
        encoded = self._encode(observation)
        with self._lock:
            first = not self._lines
            self._lines.append(self._stamped() + encoded[1:] + b"\n")
            full = len(self._lines) > _LINES_KEPT_MAX
        if full or not answered:
            self.flush()
        elif first:
            self._flush_later()

    def flush(self) -> None:
        """Write what is kept."""
        with self._lock:
            lines, self._lines = self._lines, []
            for piece in _pieces(lines):
                try:
                    self._stream.write(piece.decode("utf-8"))
                    self._stream.flush()
                except OSError:                 # nobody reads the log any more; there is nobody to tell, and answers go on
                    return

    def _encode(self, observation: Observation) -> bytes:
        if isinstance(observation, Answered):
            return self._encoder.encode(_without_secrets(observation))
        facts = msgspec.to_builtins(observation).items()
        return self._encoder.encode({name: redact(_readable(fact)) if isinstance(fact, str) and name != _ID else fact
                                     for name, fact in facts})

    def _flush_later(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_FLUSH_S, self.flush)
        except RuntimeError:                    # no loop runs here, so nothing would write it later
            self.flush()

    def _stamped(self) -> bytes:
        """The opening of a line with the time in UTC (RFC 3339), to the millisecond."""
        milliseconds = time.time_ns() // 1_000_000
        second, rest = divmod(milliseconds, 1000)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime('{"time":"%Y-%m-%dT%H:%M:%S', time.gmtime(second)).encode("ascii")
        return self._stamp + b'.%03dZ",' % rest


_ID = "request_id"
"""It was seen to be no secret when it was heard, and that of many a proxy looks like one."""


def _without_secrets(told: Answered) -> Answered:
    """What a client may have written of an answer's line; the rest is ours, or known to be of a certain form."""
    if is_plain("\n".join((told.path, told.target, told.verb))):
        return told
    return msgspec.structs.replace(told, path=redact(told.path), target=redact(told.target), verb=redact(told.verb))


def _readable(text: str) -> str:
    """A text without half characters, which stand in what somebody's exception says."""
    return text.encode(errors="backslashreplace").decode()


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines, joined while they fit into a piece."""
    piece = b""
    for line in lines:
        if piece and len(piece) + len(line) > _PIECE_BYTES:
            yield piece
            piece = b""
        piece += line
    if piece:
        yield piece


def share(*observers: Observe) -> Observe:
    """One observer that tells several."""

    def observe(observation: Observation) -> None:
        for each in observers:
            each(observation)

    return observe


class Bridge(logging.Handler):
    """Takes what libraries log, and observes it."""

    def __init__(self, observe: Observe) -> None:
        super().__init__(logging.WARNING)
        self._observe = observe

    def emit(self, record: logging.LogRecord) -> None:
        """Observe one record, with its traceback where it has one."""
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message = "\n".join((message, "".join(traceback.format_exception(record.exc_info[1]))))
        self._observe(Logged(logger=record.name, level=record.levelname.lower(), message=message))


def take_over_logging(observe: Observe) -> None:
    """Send everything that libraries log from now on to an observer, and nowhere else."""
    root = logging.getLogger()
    root.handlers[:] = [Bridge(observe)]
    root.setLevel(logging.WARNING)
