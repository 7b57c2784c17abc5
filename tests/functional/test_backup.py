"""A data directory in one file and back, with the real commands: what was issued goes on working, and nothing is overwritten."""

from __future__ import annotations

import fcntl
import io
import json
import sqlite3
import stat
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Server, make_database, run_dragoman

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Key, Record, Rows

catalog = Catalog("shop", permissions={"account": "Your account"})

@catalog.resource("toys", Rows(lambda: [{"id": 1, "name": "Ball"}]))
class Toy(Record):
    id: Annotated[int, Key()]
    name: str
"""
KEPT = {"control.db", "secret.key", "served.json"}


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """A server with accounts of its own."""
    return serve(catalog=CATALOG)


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    """A key of Alice."""
    server.run("account", "add", "alice")
    return str(told(server.run("key", "add", "--account", "alice", "--kind", "gw2", "--json"))["secret"])


@pytest.fixture(scope="module")
def kept(server: Server, key: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made beside the running server."""
    ends = time.monotonic() + 10
    while server.get(f"/v2/tokeninfo?access_token={key}").status_code != 200:
        assert time.monotonic() < ends
        time.sleep(0.02)
    file = tmp_path_factory.mktemp("kept") / "backup.tar"
    done = told(server.run("backup", str(file), "--json"))
    assert set(done["files"]) >= KEPT
    return file


def told(done: Any) -> dict[str, Any]:
    """What a command that worked said in JSON."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def restore(file: Path, data_dir: Path, *options: str, **environment: str) -> Any:
    """Run `dragoman restore`."""
    return run_dragoman("restore", str(file), "--data-dir", str(data_dir), *options, cwd=data_dir.parent, **environment)


def accounts(data_dir: Path) -> list[str]:
    """Whose accounts a data directory holds."""
    with closing(sqlite3.connect(data_dir / "control.db")) as base:
        return [name for (name,) in base.execute("SELECT username FROM accounts_account ORDER BY username")]


def repack(file: Path, into: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """A copy of an archive with other contents or names."""
    with tarfile.open(file) as source, tarfile.open(into, "w") as target:
        for member in source:
            content = source.extractfile(member)
            assert content is not None
            name, data = change(member.name, content.read())
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            target.addfile(entry, io.BytesIO(data))
    return into


def test_a_key_works_where_a_backup_was_restored(kept: Path, key: str, serve: Callable[..., Server], tmp_path: Path) -> None:
    """Accounts, keys and the secret that digests them came along; the data are published anew."""
    done = restore(kept, tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "Restored control.db" in done.stdout
    assert stat.S_IMODE((tmp_path / "data/control.db").stat().st_mode) == 0o600
    other = serve(catalog=CATALOG, folder=tmp_path)
    assert other.get(f"/v2/tokeninfo?access_token={key}").json()["name"] == "gw2"
    assert other.get("/v2/toys").json() == [1]


def test_a_backup_is_for_its_owner_alone_and_overwrites_nothing(kept: Path, server: Server) -> None:
    """It holds what every key depends on."""
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    before = kept.read_bytes()
    done = server.run("backup", str(kept))
    assert done.returncode == 1
    assert "exists already: name another file" in done.stderr
    assert kept.read_bytes() == before


def test_what_is_held_of_people_is_closed_to_others_of_the_machine(server: Server, key: str) -> None:
    """Databases, letters and statistics, whatever the shell would allow."""
    assert key
    held = [path for path in (server.folder / "data").rglob("*") if path.suffix in (".db", ".db-wal", ".key")]
    assert {"control.db", "secret.key"} <= {path.name for path in held}
    assert [path.name for path in held if stat.S_IMODE(path.stat().st_mode) & 0o007] == []


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    """A mistyped data directory is told, and none is made."""
    done = run_dragoman("backup", "b.tar", "--data-dir", "none", cwd=tmp_path)
    assert done.returncode == 1
    assert "holds nothing to keep" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_read_is_named_and_no_file_is_left(tmp_path: Path) -> None:
    """Half a backup would be believed to be one."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/control.db").write_bytes(b"no database" * 1000)
    done = run_dragoman("backup", "b.tar", "--data-dir", "data", cwd=tmp_path)
    assert done.returncode == 1
    assert "control.db cannot be copied" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_nothing_is_restored_below_a_running_server(kept: Path, server: Server) -> None:
    """Not even by force."""
    done = server.run("restore", str(kept), "--force")
    assert done.returncode == 1
    assert "a server runs there; stop it, then restore" in done.stderr


def test_no_server_starts_while_a_backup_is_restored(server: Server, tmp_path: Path) -> None:
    """It would open what is about to be replaced."""
    (tmp_path / "data").mkdir()
    with (tmp_path / "data/serving.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_dragoman("serve", str(server.folder / "catalog.py"), "--port", "0", cwd=tmp_path,
                            DRAGOMAN_DATA_DIR="data")
    assert done.returncode == 1
    assert "a backup is being restored there" in done.stderr


def test_accounts_are_replaced_by_force_alone_and_kept_aside(kept: Path, tmp_path: Path) -> None:
    """Whoever forces the wrong directory can take it back."""
    data = tmp_path / "data"
    run_dragoman("account", "add", "bob", "--data-dir", str(data), cwd=tmp_path)
    done = restore(kept, data)
    assert done.returncode == 1
    assert "holds accounts already" in done.stderr
    assert accounts(data) == ["bob"]
    forced = told(restore(kept, data, "--force", "--json"))
    assert accounts(data) == ["alice"]
    assert accounts(Path(forced["replaced"])) == ["bob"]


@pytest.mark.parametrize(("change", "why"), [
    pytest.param(lambda name, data: (name, data[:-1] + b"?") if name == "control.db" else (name, data),
                 "control.db is not what was kept", id="a-byte-changed"),
    pytest.param(lambda name, data: ("../control.db" if name == "control.db" else name, data), "no backup", id="a-file-is-missing"),
    pytest.param(lambda name, data: (name, data.replace(b'"served.json"', b'"../evil.sh"')), "has no place", id="a-strange-name"),
    pytest.param(lambda name, data: (name, data.replace(b'"format": 1', b'"format": 9')), "which is newer", id="a-newer-format"),
    pytest.param(lambda name, data: (name, b"{}" if name == "manifest.json" else data), "no backup", id="no-manifest"),
])
def test_a_damaged_archive_changes_nothing(
    kept: Path, tmp_path: Path, change: Callable[[str, bytes], tuple[str, bytes]], why: str,
) -> None:
    """Everything is proven before anything is replaced, and nothing leaves the data directory."""
    done = restore(repack(kept, tmp_path / "bad.tar", change), tmp_path / "data")
    assert done.returncode == 1, done.stdout
    assert why in done.stderr
    assert {path.name for path in (tmp_path / "data").iterdir()} <= {"serving.lock"}
    assert {path.name for path in tmp_path.iterdir()} == {"bad.tar", "data"}


def test_a_file_that_is_no_archive_is_told(tmp_path: Path) -> None:
    """Instead of a traceback."""
    (tmp_path / "letter.txt").write_text("Dear Alice")
    done = restore(tmp_path / "letter.txt", tmp_path / "data")
    assert done.returncode == 1
    assert "is no backup of Dragoman" in done.stderr


def test_another_secret_key_is_refused(kept: Path, tmp_path: Path) -> None:
    """Under it no key that was issued would be known."""
    done = restore(kept, tmp_path / "data", DRAGOMAN_SECRET_KEY="x" * 40)
    assert done.returncode == 1
    assert "is not that of this backup" in done.stderr


def test_accounts_in_postgresql_are_left_to_its_own_tools(
    postgres: str, template: str, serve: Callable[..., Server], tmp_path: Path,
) -> None:
    """The file holds the rest, and both commands say so."""
    with make_database(postgres, template) as url:
        server = serve(catalog=CATALOG, DRAGOMAN_DATABASE_URL=url)
        done = server.run("backup", str(tmp_path / "b.tar"))
        assert done.returncode == 0, done.stderr
        assert "pg_dump" in done.stdout
        with tarfile.open(tmp_path / "b.tar") as archive:
            assert set(archive.getnames()) == {"manifest.json", "secret.key", "served.json"}
        refused = restore(tmp_path / "b.tar", tmp_path / "data")
        assert refused.returncode == 1
        assert "set database_url to that" in refused.stderr
        restored = restore(tmp_path / "b.tar", tmp_path / "data", DRAGOMAN_DATABASE_URL=url)
        assert restored.returncode == 0, restored.stderr
        assert "pg_restore" in restored.stdout
        server.stop()
