"""The two that are compared: Dragoman serving the synthetic catalog, and nginx serving files of the same bytes."""

from __future__ import annotations

import http.client
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from .processes import BenchmarkError, cores, free_port, pinned, running, tail, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
_READY_TIMEOUT_S = 120.0
_NGINX = """
daemon off;
user {user};
worker_processes 1;
worker_rlimit_nofile {files_max};
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
    open_file_cache max=40000 inactive=600s;
    open_file_cache_valid 600s;
    open_file_cache_errors on;
    log_not_found off;
    types {{ application/json json; }}
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        error_page 404 /error.json;
    }}
}}
"""


class Server(msgspec.Struct, frozen=True):
    """A server that listens on loopback; `pid` is the head of its processes."""

    name: str
    port: int
    pid: int
    version: str

    def connect(self) -> http.client.HTTPConnection:
        """A connection for checking answers one by one."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


def require(*programs: str) -> None:
    """Raise `BenchmarkError` where a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise BenchmarkError(
            f"{', '.join(missing)} not found. On Debian and Ubuntu: apt-get install nginx-light wrk util-linux."
        )


def cli(*arguments: str | Path) -> list[str]:
    """The command line of `dragoman` in this environment."""
    return [sys.executable, "-m", "dragoman", *map(str, arguments)]


def environment(**variables: str) -> dict[str, str]:
    """What `dragoman` needs to import the catalog of the benchmarks, and no access log."""
    return {"PYTHONPATH": str(ROOT), "DRAGOMAN_ACCESS_LOG": "0", "DRAGOMAN_LIMITS__ADDRESS": "", **variables}


@contextmanager
def dragoman(folder: Path, **variables: str) -> Iterator[Server]:
    """Dragoman on the first core, ready, its data in a folder."""
    from dragoman import __version__

    port, log = free_port(), folder / "dragoman.log"
    command = cli("serve", ROOT / "bench" / "catalog.py", "--port", str(port), "--data-dir", folder / "data")
    with running(pinned(cores()[0], command), log, environment(**variables)) as process:
        wait_for_port(port, process, log, _READY_TIMEOUT_S)
        server = Server("dragoman", port, process.pid, __version__)
        wait_until_ready(server, process, log)
        yield server


def wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path, timeout_s: float = 120.0) -> None:
    """Return once an edition is open; raise `BenchmarkError` with the end of the log where that never happens."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        if _is_ready(server):
            return
        time.sleep(0.05)
    fate = "has ended" if process.poll() is not None else f"is not ready after {timeout_s:.0f} s"
    raise BenchmarkError(f"dragoman {fate}:\n{tail(log)}")


def _is_ready(server: Server) -> bool:
    connection = server.connect()
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False                            # it ends, or does not answer yet; its log tells why
    finally:
        connection.close()


@contextmanager
def nginx(folder: Path, files: Path) -> Iterator[Server]:
    """nginx with one worker on the first core, set up as well as we know for static files."""
    port, log, configuration = free_port(), folder / "nginx.log", folder / "nginx.conf"
    configuration.write_text(_NGINX.format(
        user=pwd.getpwuid(os.geteuid()).pw_name, folder=folder, files=files, port=port, files_max=os_files_max(),
    ))
    command: list[str | Path] = ["nginx", "-p", folder, "-e", folder / "nginx-error.log", "-c", configuration]
    with running(pinned(cores()[0], command), log) as process:
        wait_for_port(port, process, log)
        yield Server("nginx", port, process.pid, nginx_version())


def os_files_max() -> int:
    """How many files this user's processes may open."""
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def nginx_version() -> str:
    """Such as `1.22.1`."""
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True, timeout=10)
    return told.stderr.strip().rpartition("/")[2]
