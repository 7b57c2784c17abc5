"""Keys by command: made, disabled, revoked, imported, asked for; each in force on the data plane within a second."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ...conftest import run_dragoman
from .asking import CATALOG, MINE, ask, wait_for
from .visitor import Room


@pytest.fixture(scope="module")
def room(open_room: Callable[..., Room]) -> Room:
    """A Room beside a catalog that wants keys."""
    return open_room(catalog=CATALOG)


def test_a_key_opens_what_it_has_the_permission_for(room: Room) -> None:
    """At once; another one does not."""
    alice = room.person()
    strong = room.run("key", "add", "--account", alice, "--kind", "gw2", "--permission", "inventories",
                      "--permission", "account", "--name", "Strong")
    weak = room.run("key", "add", "--account", alice, "--kind", "gw2")
    assert (strong["permissions"], weak["permissions"]) == (["account", "inventories"], ["account"])
    assert wait_for(room, strong["secret"], 200, MINE).json() == ["account", "inventories"]
    assert wait_for(room, weak["secret"], 200).json() == "hello"
    assert ask(room, weak["secret"], MINE).status_code == 403


def test_a_permission_that_no_catalog_declares_is_refused(room: Room) -> None:
    """With those that there are."""
    alice = room.person()
    told = room.fail("key", "add", "--account", alice, "--kind", "gw2", "--permission", "inventory")
    assert "“inventory”" in told
    assert "account, inventories, trading-post" in told
    assert "“a b”" in room.fail("key", "add", "--account", alice, "--kind", "gw2", "--permission", "a b")


def test_a_key_ends_when_it_expires(room: Room) -> None:
    """On the second, without anybody doing anything."""
    made = room.run("key", "add", "--account", room.person(), "--kind", "gw2", "--expires", "3s")
    assert made["expires_at"]
    wait_for(room, made["secret"], 200)
    assert wait_for(room, made["secret"], 403).status_code == 403


def test_an_operator_disables_enables_and_revokes(room: Room) -> None:
    """Each within a second; what is revoked stays so."""
    made = room.run("key", "add", "--account", room.person(), "--kind", "gw2")
    wait_for(room, made["secret"], 200)
    room.run("key", "disable", made["id"], "--reason", "leaked")
    wait_for(room, made["secret"], 403)
    assert room.run("key", "enable", made["id"])["state"] == "active"
    wait_for(room, made["secret"], 200)
    room.run("key", "revoke", made["id"])
    wait_for(room, made["secret"], 403)
    for act in ("enable", "disable"):
        assert "make a new one" in room.fail("key", act, made["id"])
    assert "There is no key" in room.fail("key", "revoke", "00000000-0000-0000-0000-000000000000")
    assert "There is no key" in room.fail("key", "disable", "nonsense")


# -------------------------------------------------------------------------------------------- keys issued elsewhere


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def written(room: Room, name: str, text: str) -> str:
    file: Path = room.server.folder / name
    file.write_text(text)
    return str(file)


def test_clients_with_keys_issued_elsewhere_get_in(room: Room) -> None:
    """Exactly as they send them, in mixed case too; a second import of the same file changes nothing."""
    alice = room.person()
    mixed, table = f"oLd-KeY_of.{alice}", f"564F181A-F0FC-114A-A55D-{alice}"
    lines = [{"kind": "gw2", "sha256": sha256(mixed), "account": alice.upper(), "permissions": ["account", "inventories"]},
             {"kind": "remote-auth", "sha256": sha256("0" * 32 + alice).upper(), "account": alice, "name": "Cabinet"}]
    ndjson = written(room, "keys.ndjson", "".join(json.dumps(line) + "\n\n" for line in lines))
    csv = written(room, "keys.csv", "kind,sha256,account,name,permissions,expires\n"
                  f'gw2,{sha256(table)},{alice},"Old, but good",account inventories,2099-01-31T00:00:00Z\n')
    assert room.run("key", "import", ndjson) == {"added": 2, "known": 0}
    assert room.run("key", "import", csv) == {"added": 1, "known": 0}
    assert wait_for(room, mixed, 200, MINE).json() == ["account", "inventories"]
    assert wait_for(room, table, 200, MINE).json() == ["account", "inventories"]
    assert ask(room, mixed.lower()).status_code == 403
    assert room.run("key", "import", ndjson) == {"added": 0, "known": 2}
    assert room.run("key", "import", csv) == {"added": 0, "known": 1}
    assert ask(room, mixed, MINE).status_code == 200


def test_an_import_with_faults_imports_nothing_and_names_every_line(room: Room) -> None:
    """So that one pass mends them all."""
    alice, bob = room.person(), room.person("bob")
    good, known = f"good key of {alice}", f"known key of {bob}"
    room.run("key", "import", written(room, "bob.csv", f"kind,sha256,account\ngw2,{sha256(known)},{bob}\n"))
    told = room.fail("key", "import", written(room, "bad.csv", "\n".join([
        "kind,sha256,account,name,permissions,expires",
        f"gw2,{sha256(good)},{alice},,,",
        f"gw3,{sha256('a')},{alice},,,",
        f"gw2,{sha256('b')[1:]},{alice},,,",
        f"gw2,{sha256('c')},nobody-of-that-name,,,",
        f"gw2,{sha256('d')},{alice},,flying,",
        f"gw2,{sha256('e')},{alice},,,tomorrow",
        f"gw2,{sha256('f')},{alice},{'x' * 81},,",
        f"gw2,{sha256(good)},{alice},,,",
        f"gw2,{sha256(known)},{alice},,,",
        f"gw2,{sha256('g')},a\0b,,,",
    ])))
    for line, words in ((3, "'gw3'"), (4, "64 hexadecimal digits"), (5, "no account"), (6, "“flying”"), (7, "2030-01-31"),
                        (8, "1 to 80 characters"), (9, "stands in line 2"), (10, "another account's"), (11, "no account")):
        assert any(each.startswith(f"line {line}: ") and words in each for each in told.split("\n")), (line, told)
    assert "line 2:" not in told
    assert ask(room, good).status_code == 403


def test_a_secret_key_that_changed_is_noticed_before_anybody_is_refused(room: Room) -> None:
    """By commands as at the start of a server, with the way back and the way on."""
    done = room.server.run("account", "add", "walter", DRAGOMAN_SECRET_KEY="y" * 40)
    assert done.returncode == 1
    assert "from a backup" in done.stderr
    assert "dragoman key void-all" in done.stderr


def test_who_has_lost_the_secret_key_can_go_on_without_what_hung_on_it(tmp_path: Path) -> None:
    """After one more question; from then on the new key is the one."""
    def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return run_dragoman(*arguments, "--data-dir", "data", "--json", cwd=tmp_path, stdin=stdin)

    assert run("account", "add", "vera").returncode == 0
    (tmp_path / "data" / "secret.key").write_text("z" * 64)
    assert run("key", "void-all", stdin="n\n").returncode == 1
    assert run("key", "add", "--account", "vera", "--kind", "gw2").returncode == 1
    assert json.loads(run("key", "void-all", "--yes").stdout) == {"keys": 0, "secrets": 0, "sign_ins": 0, "factors": 0}
    assert run("key", "add", "--account", "vera", "--kind", "gw2").returncode == 0
