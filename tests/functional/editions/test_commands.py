"""Editions as an operator meets them: real commands beside a real server, clients that never stop asking, and faults."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import re
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from dragoman import assembly
from dragoman.settings import Settings

from ...conftest import Server, run_dragoman, start

RECORDS = 300
CATALOG = f"""
from pathlib import Path
from typing import Annotated
from dragoman import Catalog, Filter, Key, Localized, Record, Rows

catalog = Catalog("canaries", languages=("en", "de"))
FILE = Path(__file__).with_name("generation.txt")


def read():
    generation = int(FILE.read_text())
    for number in range({RECORDS}):
        yield {{"id": number, "generation": generation, "name": {{"en": f"{{generation}} en", "de": f"{{generation}} de"}}}}


@catalog.resource("canaries", Rows(read, depends_on=("generation.txt",)))
class Canary(Record):
    id: Annotated[int, Key()]
    generation: Annotated[int, Filter()]
    name: Localized
"""
PUBLISH = """
import sys
from pathlib import Path
from dragoman import assembly
from dragoman.observations import ignore
from dragoman.settings import Settings

settings = Settings(data_dir="data")
shops = assembly.open_sources(assembly.load_catalogs(["catalog.py"], None, settings)[0], settings)
print("ready", flush=True)
for command in map(str.strip, iter(sys.stdin.readline, "")):
    if command == "back":
        assembly.roll_back(settings, None, None, None)
    else:
        Path("generation.txt").write_text(command)
        assembly.publish(shops, settings, ignore, lambda *_, **__: None)
    print("done", flush=True)
"""


@pytest.fixture
def canaries(tmp_path: Path) -> Iterator[Server]:
    """A server of records that all bear the number of their generation, 0."""
    (tmp_path / "generation.txt").write_text("0")
    (tmp_path / "catalog.py").write_text(CATALOG)
    server = start(tmp_path, "catalog.py")
    yield server
    end(server)


def end(server: Server) -> None:
    """Stop it, if it runs."""
    if server.process.poll() is None:
        server.process.terminate()
        server.process.wait(20)
    if server.process.stdout is not None:
        server.process.stdout.close()


class Publisher:
    """Publishes generations, or goes back, in a process of its own beside a server."""

    def __init__(self, server: Server) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", PUBLISH], cwd=server.folder, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._wait("ready")

    def begin(self, command: str) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def do(self, *commands: str) -> None:
        """Have it done."""
        for command in commands:
            self.begin(command)
            self._wait("done")

    def end(self, *, kill: bool = False) -> None:
        """Let it go, or kill it."""
        if kill:
            self._process.kill()
        self._process.communicate(timeout=20)

    def _wait(self, told: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == told + "\n"


def publish(server: Server, *commands: str) -> None:
    """Publish generations, or go back, beside the server."""
    publisher = Publisher(server)
    publisher.do(*commands)
    publisher.end()


def generation_of(answer: httpx.Response) -> int:
    """The one generation that every record of an answer bears."""
    assert answer.status_code == 200, answer.text
    records = answer.json()
    found = {record["generation"] for record in records} | {int(record["name"].split()[0]) for record in records}
    assert len(found) == 1, found
    return int(found.pop())


class Reader:
    """A client that asks without pause, in every form, and notes what it saw and what was wrong."""

    def __init__(self, url: str) -> None:
        self._url, self._stop = url, threading.Event()
        self.seen: list[int] = []
        self.wrong: list[BaseException] = []
        self._threads = [threading.Thread(target=self._read, args=(seed,)) for seed in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _read(self, seed: int) -> None:
        dice = random.Random(seed)
        with httpx.Client(base_url=self._url, timeout=10) as client:
            while not self._stop.is_set():
                time.sleep(0.002)
                try:
                    self._ask(client, dice)
                except BaseException as error:  # noqa: BLE001  # whatever it is, the test has to hear of it
                    self.wrong.append(error)
                    return

    def _ask(self, client: httpx.Client, dice: random.Random) -> None:
        ids = ",".join(map(str, dice.sample(range(RECORDS), 20)))
        path, count = dice.choice([("?ids=all", RECORDS), ("?page=1&page_size=200", 100), (f"?ids={ids}", 20),
                                   ("?ids=all&lang=de", RECORDS), ("?page=0", 50)])
        answer = client.get(f"/v2/canaries{path}")
        assert len(answer.json()) == count
        self.seen.append(generation_of(answer))


def test_no_reader_ever_sees_half_of_an_edition(canaries: Server) -> None:
    """Ten swaps, forth and back, under three clients that ask for lists, pages and many ids without pause."""
    swaps = [("1", 1), ("2", 2), ("back", 1), ("3", 3), ("back", 2), ("4", 4), ("back", 3), ("back", 2), ("5", 5), ("6", 6)]
    publisher = Publisher(canaries)
    with Reader(canaries.url) as reader:
        for command, generation in swaps:
            publisher.do(command)
            eventually(lambda: generation_served(canaries), generation)
    publisher.end()
    assert reader.wrong == []
    assert {1, 2, 3, 4, 5} <= set(reader.seen) <= set(range(7))
    assert len(reader.seen) > 100


def test_a_publisher_killed_beside_a_server_disturbs_no_reader(canaries: Server) -> None:
    """`kill -9` at any moment: the server serves the old edition or the new one, never less."""
    dice = random.Random(11)
    with Reader(canaries.url) as reader:
        for generation in range(1, 6):
            publisher = Publisher(canaries)
            publisher.begin(str(generation))
            time.sleep(dice.random() * 0.12)
            publisher.end(kill=True)
        publish(canaries, "99")
        eventually(lambda: generation_served(canaries), 99)
    assert reader.wrong == []
    assert editions_of(canaries)[0]["current"] is True


def test_a_full_disk_is_one_clear_line_and_the_server_goes_on(canaries: Server) -> None:
    """No traceback; the old edition serves, and the next publication succeeds."""
    (canaries.folder / "generation.txt").write_text("1")
    command = f"ulimit -f 4; exec '{sys.executable}' -m dragoman publish --data-dir data"
    failed = subprocess.run(["bash", "-c", command], cwd=canaries.folder, text=True, capture_output=True, timeout=60, check=False)
    assert failed.returncode == 1
    assert "could not be written" in failed.stderr
    assert "Free space" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert generation_served(canaries) == 0
    assert canaries.run("publish").returncode == 0
    eventually(lambda: generation_served(canaries), 1)


# ---------------------------------------------------------------------------------------- starting again


def editions_of(server: Server) -> list[dict[str, Any]]:
    """What is kept, the newest first."""
    return assembly.list_editions(Settings(data_dir=str(server.folder / "data")))


def eventually(ask: Callable[[], Any], expected: Any, within_s: float = 10) -> None:
    """Ask until the answer is the expected one."""
    until = time.monotonic() + within_s
    while (found := ask()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    assert found == expected


@pytest.fixture
def again(canaries: Server) -> Iterator[Callable[[], Server]]:
    """Stop the server, and start another one on the same data directory."""
    running = [canaries]

    def restart() -> Server:
        end(running[-1])
        running.append(start(canaries.folder, "catalog.py"))
        return running[-1]

    yield restart
    end(running[-1])


def generation_served(server: Server) -> int:
    """As a client sees it now."""
    return generation_of(server.get("/v2/canaries?ids=all"))


def test_a_start_publishes_what_changed_and_nothing_else(canaries: Server, again: Callable[[], Server]) -> None:
    """Unchanged sources: the same edition, at once. Changed ones, or another catalog: a new one, while the old serves."""
    first = editions_of(canaries)
    assert editions_of(again()) == first
    (canaries.folder / "generation.txt").write_text("1")
    server = again()
    eventually(lambda: generation_served(server), 1)
    assert [each["id"] for each in editions_of(server)][1:] == [first[0]["id"]]
    (canaries.folder / "catalog.py").write_text(CATALOG.replace("generation: Annotated[int, Filter()]", "generation: int"))
    server = again()
    eventually(lambda: len(editions_of(server)), 3)
    assert editions_of(again())[0]["id"] == editions_of(server)[0]["id"]


def test_a_rollback_survives_a_start(canaries: Server, again: Callable[[], Server]) -> None:
    """Until the sources change anew."""
    publish(canaries, "1")
    assert canaries.run("rollback").returncode == 0
    server = again()
    assert generation_served(server) == 0
    (canaries.folder / "generation.txt").write_text("22")
    server = again()
    eventually(lambda: generation_served(server), 22)


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_a_damaged_edition_is_set_aside_and_told(canaries: Server, again: Callable[[], Server], damage: str) -> None:
    """A server that starts on it serves what is whole, and makes the damaged one anew; it never shows a wrong byte."""
    publish(canaries, "1")
    current = editions_of(canaries)[0]["id"]
    end(canaries)
    (file,) = (canaries.folder / "data").glob(f"editions/canaries/default/{current}/*/canaries/records.en.json")
    file.chmod(0o600)
    text = file.read_bytes()
    if damage == "missing":
        file.parent.chmod(0o700)
        file.unlink()
    else:
        file.write_bytes(text[:-100] if damage == "cut" else text.replace(b"1 en", b"7 en", 1))
    server = again()
    assert generation_served(server) in (0, 1)
    eventually(lambda: generation_served(server), 1)
    assert [line["edition"] for line in server.logged if line["event"] == "edition-refused"] == [current]
    assert all(each["id"] != current for each in editions_of(server))


def test_what_is_served_says_whether_it_is_ready(tmp_path: Path) -> None:
    """Alive from the start, ready when the first edition is open; before that 503 in the form of the dialect."""
    (tmp_path / "catalog.py").write_text(CATALOG.replace("    for number", "    while not FILE.with_name('go').exists():\n"
                                                                            "        pass\n    for number"))
    (tmp_path / "generation.txt").write_text("5")
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "dragoman", "serve", "catalog.py", "--port", str(port), "--data-dir", "data"],
                               cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: status(url + "/health/live"), 200)
        assert status(url + "/health/ready") == 503
        waiting = httpx.get(url + "/v2/canaries/1", timeout=5)
        assert (waiting.status_code, waiting.json()) == (503, {"text": "API not active"})
        assert waiting.headers["retry-after"] == "1"
        (tmp_path / "go").touch()
        eventually(lambda: status(url + "/health/ready"), 200)
        assert httpx.get(url + "/v2/canaries/1", timeout=5).json()["generation"] == 5
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def status(url: str) -> int:
    """The status of an address; 0 where nobody answers."""
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return 0


def free_port() -> int:
    """A port that is free now."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


# ---------------------------------------------------------------------------------------- progress and memory


def on_a_terminal(folder: Path, *arguments: str) -> str:
    """All that a command shows on a terminal of 120 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen([sys.executable, "-m", "dragoman", *arguments], cwd=folder, stdout=theirs, stderr=theirs,
                               stdin=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        ready, _, _ = select.select([ours], [], [], 0.1)
        if ready:
            try:
                part = os.read(ours, 65_536)
            except OSError:                     # the terminal ends with its last program
                break
            if not part:
                break
            shown += part
        elif process.poll() is not None:
            break
    os.close(ours)
    assert process.wait(20) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_bar_shows_records_and_the_time_that_is_left(tmp_path: Path) -> None:
    """On a terminal: what is read, how many of how many, and for how long yet."""
    base = sqlite3.connect(tmp_path / "many.db")
    base.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT)")
    base.executemany("INSERT INTO things VALUES (?, ?)", ((number, "text " * 20) for number in range(60_000)))
    base.commit()
    base.close()
    shown = on_a_terminal(tmp_path, "publish", "many.db", "--data-dir", "data")
    assert "Publishing data/things" in shown
    done = [int(count) for count in re.findall(r"(\d+)/60000", shown)]
    assert done == sorted(done)
    assert done[-1] == 60_000
    assert any(0 < count < 60_000 for count in done)
    assert re.search(r"\d/60000 0:00:0\d", shown), shown[-500:]
    assert "Published many (default): edition " in shown


def test_nothing_of_the_bar_is_written_where_there_is_no_terminal(tmp_path: Path) -> None:
    """A log is no place for it."""
    (tmp_path / "things.csv").write_text("id,x\n1,2\n")
    published = run_dragoman("publish", "things.csv", "--data-dir", "data", cwd=tmp_path)
    assert published.returncode == 0
    assert "Publishing data" not in published.stderr + published.stdout


LARGE = """
import random
from typing import Annotated
from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort

catalog = Catalog("large", languages=("en", "es", "de", "fr", "zh"))
WORDS = [f"word{number}" for number in range(997)]


def read():
    chance = random.Random(1)
    for number in range(50_000):
        text = " ".join(chance.choices(WORDS, k=24))
        yield {"id": number, "tier": number % 10, "name": {tag: f"{tag} {number}" for tag in catalog.languages},
               "text": {tag: f"{tag}: {text}" for tag in catalog.languages}, "more": text * 4}


@catalog.resource("things", Rows(read))
class Thing(Record):
    id: Annotated[int, Key()]
    tier: Annotated[int, Filter(), Sort()]
    name: Annotated[Localized, Search(), Sort()]
    text: Localized
    more: str
"""
MEASURED = """
import sys
from dragoman.cli import main
try:
    main(["publish", "catalog.py", "--data-dir", "data", "--json"])
finally:
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


@pytest.mark.slow
def test_publishing_streams(tmp_path: Path) -> None:
    """Fifty thousand records of a kilobyte in five languages, a quarter of a gigabyte, within 200 MB of memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("MEMORY OF PUBLISHING IS NOT MEASURED: this system has no /proc")
    (tmp_path / "catalog.py").write_text(LARGE)
    ended = subprocess.run([sys.executable, "-c", MEASURED], cwd=tmp_path, text=True, capture_output=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    found = re.search(r"VmHWM:\s+(\d+) kB", ended.stderr)
    assert found is not None
    written = sum(file.stat().st_size for file in (tmp_path / "data").rglob("records.*.json"))
    assert written > 200e6
    assert int(found[1]) < 200_000
