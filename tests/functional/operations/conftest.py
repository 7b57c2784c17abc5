"""Servers with operations, in a file and in PostgreSQL, and people who start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import STOP_TIMEOUT_S, Server, end, make_database, start
from .catalog import CATALOG

QUICK = {"DRAGOMAN_OPERATIONS__LEASE_S": "1.0", "DRAGOMAN_OPERATIONS__HEARTBEAT_S": "0.2", "DRAGOMAN_OPERATIONS__RETRY_S": "0.1",
         "DRAGOMAN_OPERATIONS__LIVING_MAX": "1000"}
ENDS_WITHIN_S = 25.0


@dataclass
class Works:
    """A server, the keys of those who ask, and workers that were started apart."""

    server: Server
    environment: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[str]] = field(default_factory=list)

    def headers(self, who: str) -> dict[str, str]:
        """The headers of whoever asks in gw2."""
        if who not in self.keys:
            self.server.prepare("account", "add", who, "--subject", f"s-{who}")
            self.keys[who] = self.key_of(who, "gw2")
            await_until(lambda: self.knows(who), bool, 20)
        return {"Authorization": f"Bearer {self.keys[who]}"}

    def knows(self, who: str) -> bool:
        """Whether whichever worker of the server answers knows the key of somebody."""
        return self.server.get("/v2/tokeninfo", headers={"Authorization": f"Bearer {self.keys[who]}"}).status_code == 200

    def settle(self, who: str = "alice", quiet_s: float = 1.5) -> None:
        """Wait until every worker of the server knows the key of somebody: none has refused it for longer than that may take."""
        self.headers(who)
        refused = began = time.monotonic()
        while (now := time.monotonic()) < refused + quiet_s:
            assert now < began + ENDS_WITHIN_S
            if not self.knows(who):
                refused = now
            time.sleep(0.03)

    def key_of(self, who: str, kind: str) -> str:
        """A new key of somebody."""
        return str(self.server.prepare("key", "add", "--account", who, "--kind", kind)["secret"])

    def ask(self, path: str, who: str = "alice", verb: str = "GET", **options: Any) -> httpx.Response:
        """Ask in gw2."""
        headers = {**self.headers(who), **options.pop("headers", {})}
        return self.server.ask(verb, f"/v2/works/{path}", headers=headers, **options)

    def begin(self, path: str, who: str = "alice", verb: str = "GET", **options: Any) -> int:
        """Start an operation; its id."""
        answer = self.ask(path, who, verb, **options)
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "queued"
        return int(answer.json()["operation"])

    def await_end(self, name: str, id: int, who: str = "alice", **options: Any) -> httpx.Response:
        """Ask until it has ended; the last answer."""
        return await_until(lambda: self.ask(f"{name}?operation={id}", who, **options), lambda answer: answer.status_code != 202)

    def await_state(self, name: str, id: int, state: str, who: str = "alice") -> None:
        """Ask until it is in a state that has not ended."""
        await_until(lambda: self.ask(f"{name}?operation={id}", who).json(), lambda told: told.get("state") == state)

    def run_worker(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start workers apart, as a group of their own, and wait until they say so."""
        log = (self.server.folder / "workers.txt").open("a")
        worker = subprocess.Popen(
            [sys.executable, "-m", "dragoman", "worker", "--json", "--data-dir", "data", *arguments], cwd=self.server.folder,
            env={**os.environ, **self.environment, **environment}, text=True, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        log.close()
        assert worker.stdout is not None
        line = worker.stdout.readline()
        assert line, (self.server.folder / "workers.txt").read_text()
        assert json.loads(line)["catalogs"] == ["works"]
        self.workers.append(worker)
        return worker

    def kill_worker(self, worker: subprocess.Popen[str]) -> None:
        """End workers with all their processes, at once."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(STOP_TIMEOUT_S)


def await_until(ask: Callable[[], Any], fits: Callable[[Any], bool], within_s: float = ENDS_WITHIN_S) -> Any:
    """What is answered once it fits."""
    until = time.monotonic() + within_s
    while not fits(answer := ask()):
        assert time.monotonic() < until, answer
        time.sleep(0.03)
    return answer


@contextmanager
def working(folder: Path, *arguments: str, **environment: str) -> Iterator[Works]:
    """A server in a folder, ended with all that was started beside it."""
    (folder / "catalog.py").write_text(CATALOG)
    given = {**QUICK, **environment}
    works = Works(start(folder, "catalog.py", *arguments, **given), given)
    try:
        yield works
    finally:
        for worker in works.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGCONT)
        end(*works.workers, *works.server.processes)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def works(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """A server that brings two workers, with its operations in a file or in PostgreSQL."""
    folder = tmp_path_factory.mktemp("works")
    if request.param == "sqlite":
        with working(folder, DRAGOMAN_OPERATIONS__PROCESSES="2") as works:
            yield works
        return
    with (make_database(request.getfixturevalue("postgres"), request.getfixturevalue("template")) as url,
          working(folder, DRAGOMAN_OPERATIONS__PROCESSES="2", DRAGOMAN_DATABASE_URL=url) as works):
        yield works
