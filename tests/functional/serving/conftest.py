"""Servers of the stand on free ports, in processes of their own, and a client that sends exactly the bytes it is given."""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import end

ROOT = Path(__file__).parents[3]
START_TIMEOUT_S = 30.0


@dataclass
class Running:
    """A server under test."""

    process: subprocess.Popen[str]
    url: str
    port: int
    folder: Path
    kind: str = "ours"

    def connect(self, timeout_s: float = 10.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def say(self, *segments: bytes, pause_s: float = 0.05, timeout_s: float = 10.0, end: bool = False) -> bytes:
        """Send segments on a connection of their own, and read until the server closes; what came before a reset."""
        with self.connect(timeout_s) as connection:
            for number, segment in enumerate(segments):
                if number:
                    time.sleep(pause_s)
                try:
                    connection.sendall(segment)
                except (BrokenPipeError, ConnectionResetError):
                    break
            if end:
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=15, **options)

    def ask(self, verb: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(verb, self.url + path, timeout=15, **options)

    @property
    def logged(self) -> list[dict[str, Any]]:
        text = (self.folder / "log").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def wait_for(self, name: str, timeout_s: float = 10.0) -> bool:
        """Whether the stand leaves a mark in time."""
        return wait_until((self.folder / name).exists, timeout_s)

    def stop(self, timeout_s: float = 20.0) -> int:
        self.process.terminate()
        return self.process.wait(timeout_s)


def wait_until(true: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def read_all(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(1 << 20):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"<reset>")
    return b"".join(parts)


def statuses(raw: bytes) -> list[int]:
    """The statuses of the answers in what a server sent."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", raw)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _commands(port: int, module: str) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    return {
        "uvicorn": [*python, "uvicorn", f"{module}:app", "--port", str(port), "--log-level", "warning",
                    "--no-proxy-headers"],
        "granian": [*python, "granian", "--interface", "asgi", "--port", str(port), "--no-access-log", f"{module}:app"],
        "hypercorn": [*python, "hypercorn", "--bind", f"127.0.0.1:{port}", f"{module}:app"],
    }


def start(folder: Path, kind: str = "ours", module: str = "tests.functional.serving.stand", **settings: Any) -> Running:
    """Start the stand, or another module like it, on one of the servers, and wait until it answers."""
    values = json.dumps({"host": "127.0.0.1", "port": 0, "data_dir": str(folder)} | settings)
    port = free_port() if kind != "ours" else 0
    command = ([sys.executable, "-m", module, values] if kind == "ours"
               else _commands(port, module)[kind])
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "STAND": values}, text=True,
                                   stdout=subprocess.PIPE if kind == "ours" else log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    if kind == "ours":
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
        line = process.stdout.readline() if ready else ""
        url = json.loads(line)["url"] if line else pytest.fail((folder / "log").read_text())
        port = int(url.rpartition(":")[2])
    running = Running(process, url, port, folder, kind)
    if not wait_until(lambda: _accepts(port), START_TIMEOUT_S):
        process.kill()
        process.wait()
        pytest.fail(f"{kind} did not start: {(folder / 'log').read_text()}")
    return running


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Start servers that end with the module: `run("ours", http={"idle_timeout_s": 1})`."""
    started: list[Running] = []

    def begin(kind: str = "ours", **settings: Any) -> Running:
        started.append(start(tmp_path_factory.mktemp(kind), kind, **settings))
        return started[-1]

    yield begin
    end(*(running.process for running in started))


@pytest.fixture(scope="module")
def ours(run: Callable[..., Running]) -> Running:
    """Our server with its default limits."""
    return run("ours")
