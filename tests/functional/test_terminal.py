"""What a person at a terminal sees: the choices, a bar, and a screen that stays in sight."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

DEADLINE_S = 60.0
Terminal = Callable[..., "Session"]


class Session:
    """A command with a terminal of its own, and everything that it showed so far."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dragoman", *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **environment}, start_new_session=True)
        os.close(theirs)
        self.shown = ""

    def until(self, pattern: str) -> re.Match[str]:
        """Read until something is shown; its match."""
        end = time.monotonic() + DEADLINE_S
        while (found := re.search(pattern, self.shown)) is None:
            assert time.monotonic() < end, self.shown
            self._read(0.2)
        return found

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._ours], [], [], timeout_s)[0]:
            return False
        try:
            part = os.read(self._ours, 65_536)
        except OSError:                         # nobody holds the other end any more
            return False
        self.shown += part.decode()
        return bool(part)

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status, after reading the rest."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(DEADLINE_S)
        while self._read(0.2):
            pass
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """Run commands in a folder with a file of toys, each at a terminal."""
    (tmp_path / "toys.csv").write_text("Id,unitPrice\n1,3\n2,12\n")
    sessions: list[Session] = []

    def run(*arguments: str, **environment: str) -> Session:
        sessions.append(Session(tmp_path, *arguments, "--data-dir", "data", **environment))
        return sessions[-1]

    yield run
    for session in sessions:
        session.close()


def test_the_screen_is_not_scrolled_away_by_the_log(terminal: Terminal) -> None:
    """A person sees choices, progress and where to go; no JSON, however much is asked."""
    session = terminal("serve", "toys.csv", "--port", "0")
    url = session.until(r"Developer Room +(http://[0-9.:]+)/")[1]
    session.until("Ctrl-C stops the server")
    assert httpx.get(f"{url}/v2/toys/2").json() == {"id": 2, "unit_price": 12}
    assert httpx.get(f"{url}/v2/nothing").status_code == 404
    time.sleep(1.5)                             # lines on answers would be written within a second
    assert session.interrupt() == 0
    assert '"event"' not in session.shown
    assert "toys: the key is `id`." in session.shown
    assert "Publishing data/toys" in session.shown


def test_whoever_asks_for_the_log_has_it_at_a_terminal_too(terminal: Terminal) -> None:
    """By the setting."""
    session = terminal("serve", "toys.csv", "--port", "0", DRAGOMAN_ACCESS_LOG="true")
    url = session.until(r"Developer Room +(http://[0-9.:]+)/")[1]
    httpx.get(f"{url}/v2/toys/2")
    session.until('"event":"answered"')
    assert session.interrupt() == 0


def test_a_publication_is_told_in_a_sentence(terminal: Terminal) -> None:
    """And nothing else; a failure too."""
    session = terminal("publish", "toys.csv")
    session.until(r"Published toys \(default\): edition \d")
    assert session.process.wait(DEADLINE_S) == 0
    assert '"event"' not in session.shown
    session = terminal("editions")
    session.until(r"\* toys default \S+  2 records, \d+\.\d kB")
