"""The second example, served by the real command, with accounts and keys made by the real commands."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...conftest import Server

EXAMPLE = Path(__file__).parents[3] / "examples" / "armory"
PEOPLE = {"alice": "1001", "bob": "1002", "charlie": None}
EVERYTHING = ("account", "characters", "clans", "inventories", "progression")


@pytest.fixture(scope="module")
def armory(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A copy of the example, as somebody would try it."""
    folder = tmp_path_factory.mktemp("armory")
    for name in ("catalog.py", "forge.py"):
        shutil.copy(EXAMPLE / name, folder)
    return serve("catalog.py", folder=folder, DRAGOMAN_LIMITS__ADDRESS="", DRAGOMAN_LIMITS__KEY="")


def told(armory: Server, *arguments: str) -> dict[str, Any]:
    """What a command tells machines."""
    return armory.prepare(*arguments)


@pytest.fixture(scope="module")
def keys(armory: Server) -> dict[str, str]:
    """A key for each, which may do everything; one of Alice's that may do less."""
    made = {}
    for name, subject in PEOPLE.items():
        told(armory, "account", "add", name, *(("--subject", subject) if subject else ()))
        allowed = [part for permission in EVERYTHING for part in ("--permission", permission)]
        made[name] = told(armory, "key", "add", "--account", name, "--kind", "gw2", *allowed)["secret"]
    made["alice-account"] = told(armory, "key", "add", "--account", "alice", "--kind", "gw2")["secret"]
    ends_at = time.monotonic() + 30
    while any(get(armory, "/v2/tokeninfo", key).status_code != 200 for key in made.values()):
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    return made


def get(armory: Server, path: str, key: str | None = None) -> httpx.Response:
    """GET a path, with a key or none."""
    return armory.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})


def test_everybody_reads_the_encyclopedia(armory: Server) -> None:
    """In three languages, filtered, sorted, by pages."""
    page = armory.get("/v2/encyclopedia/vehicles?kind=scout&sort=-tier&page=0&lang=ru")
    assert page.status_code == 200
    tiers = [vehicle["tier"] for vehicle in page.json()]
    assert tiers == sorted(tiers, reverse=True)
    assert {vehicle["kind"] for vehicle in page.json()} == {"scout"}
    names = [armory.get(f"/v2/encyclopedia/vehicles/1?lang={language}").json()["name"] for language in ("en", "ru", "de")]
    assert names == ["Adder of the Ford", "Гадюка брода", "Natter der Furt"]
    totals = {path: armory.get(f"/v2/encyclopedia/{path}").headers["x-result-total"] for path in ("houses", "modules", "vehicles")}
    assert totals == {"houses": "4", "modules": "120", "vehicles": "160"}


@pytest.mark.covers("G6", "G7")
def test_players_see_what_is_theirs(armory: Server, keys: dict[str, str]) -> None:
    """With real keys of real accounts: alike addresses, different people."""
    assert get(armory, "/v2/account", keys["alice"]).json()["name"] == "Alice"
    assert get(armory, "/v2/account?access_token=" + keys["bob"]).json()["name"] == "Bob"
    assert set(get(armory, "/v2/account", keys["alice"]).json()) == {"account_id", "name", "created_at", "rank", "league"}
    assert set(get(armory, "/v2/account", keys["alice-account"]).json()) == {"account_id", "name", "created_at"}
    assert get(armory, "/v2/account", keys["charlie"]).status_code == 404
    lists = {name: get(armory, "/v2/characters", keys[name]).json() for name in PEOPLE}
    assert lists["charlie"] == []
    assert len(lists["alice"]) >= 3
    assert not set(lists["alice"]) & set(lists["bob"])
    his = lists["bob"][0]
    foreign, missing = (get(armory, f"/v2/characters/{name}", keys["alice"]) for name in (his, "Nobody Atall"))
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content) == (404, b'{"text":"no such id"}')
    assert get(armory, f"/v2/characters/{his}", keys["bob"]).json()["name"] == his
    assert get(armory, "/v2/account/inventory", keys["alice-account"]).json() == {"text": "requires scope inventories"}
    slots = get(armory, "/v2/account/inventory?ids=all", keys["alice"]).json()
    assert {slot["account_id"] for slot in slots} == {1001}


@pytest.mark.covers("G7")
def test_a_wallet_is_shown_to_its_owner(armory: Server, keys: dict[str, str]) -> None:
    """In one answer with players who show none."""
    infos = {name: get(armory, "/v2/account/info?ids=1001,1002", keys.get(name, "")).json() for name in (*PEOPLE, "")}
    shown = {name: ["private" in info for info in found] for name, found in infos.items()}
    assert shown == {"alice": [True, False], "bob": [False, True], "charlie": [False, False], "": [False, False]}
    assert [info["nickname"] for info in infos[""]] == ["Alice", "Bob"]


def test_a_live_row_is_answered_as_it_is_now(armory: Server, keys: dict[str, str]) -> None:
    """Nobody has to publish it."""
    with sqlite3.connect(armory.folder / "armory.db") as base:
        base.execute("UPDATE accounts SET rating = 4242 WHERE account_id = 1002")
    base.close()
    assert get(armory, "/v2/account/info/1002", keys["alice"]).json()["rating"] == 4242


def test_subtokens_of_real_keys_are_weaker(armory: Server, keys: dict[str, str]) -> None:
    """They end with their key."""
    key = told(armory, "key", "add", "--account", "alice", "--kind", "gw2", "--permission", "account", "--permission", "progression")
    assert _in_time(lambda: get(armory, "/v2/tokeninfo", key["secret"]).status_code == 200)
    made = get(armory, "/v2/createsubtoken?permissions=account&urls=/v2/account,/v2/tokeninfo", key["secret"]).json()["subtoken"]
    assert get(armory, "/v2/tokeninfo", made).json()["permissions"] == ["account"]
    assert set(get(armory, "/v2/account", made).json()) == {"account_id", "name", "created_at"}
    assert get(armory, "/v2/characters", made).json() == {"text": "this key is limited to other endpoints"}
    told(armory, "key", "revoke", str(key["id"]))
    assert _in_time(lambda: get(armory, "/v2/account", made).status_code == 403)
    assert get(armory, "/v2/account", key["secret"]).json() == {"text": "invalid key: it was revoked"}
    assert get(armory, "/v2/account", keys["alice"]).status_code == 200


def _in_time(true: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    ends_at = time.monotonic() + timeout_s
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.05)
    return true()


def act(armory: Server, method: str, key: str, idempotency: str | None = None, **arguments: Any) -> httpx.Response:
    """Do something in a clan."""
    headers = {"Authorization": f"Bearer {key}", **({"Idempotency-Key": idempotency} if idempotency else {})}
    return armory.ask("POST", f"/v2/clans/{method}", headers=headers, data=arguments)


def test_a_clan_is_acted_for_by_its_leader_and_moderators(armory: Server, keys: dict[str, str]) -> None:
    """Alice leads it, Bob moderates it, Charlie is a stranger, whatever his key allows."""
    banned = act(armory, "ban", keys["bob"], clan_id=1, account_id=1007, reason="spoils the soup")
    assert banned.status_code == 200, banned.text
    assert {**banned.json(), "banned_at": ""} == {
        "ban_id": 1, "clan_id": 1, "account_id": 1007, "reason": "spoils the soup", "banned_by": 1002, "banned_at": ""}
    assert armory.get("/v2/clans/bans?clan_id=1&page=0").json() == [banned.json()]
    assert act(armory, "ban", keys["alice"], clan_id=1, account_id=1007, reason="again").status_code == 409
    assert act(armory, "ban", keys["alice"], clan_id=1, account_id=7, reason="nobody").status_code == 404
    for whose, clan in (("charlie", 1), ("alice", 2), ("alice", 999)):
        refused = act(armory, "ban", keys[whose], clan_id=clan, account_id=1008, reason="a stranger")
        assert refused.status_code == 403
        assert "The leader or a moderator of the clan." in refused.json()["text"]
    assert act(armory, "unban", keys["alice-account"], clan_id=1, account_id=1007).json() == {"text": "requires scope clans"}
    assert act(armory, "unban", keys["alice"], clan_id=1, account_id=1007).json() is None
    assert armory.get("/v2/clans/bans?clan_id=1&page=0").json() == []
    assert act(armory, "unban", keys["alice"], clan_id=1, account_id=1007).status_code == 404


def test_a_leader_appoints_moderators_and_announcements_stand_there_once(armory: Server, keys: dict[str, str]) -> None:
    """Bob may not appoint anybody; whom Alice appointed acts at once."""
    assert act(armory, "appoint", keys["bob"], clan_id=1, account_id=1002).status_code == 403
    before = act(armory, "announce", keys["alice"], clan_id=2, text="We sail.")
    assert before.status_code == 403
    assert act(armory, "appoint", keys["bob"], clan_id=2, account_id=1001).status_code == 200
    ids = {act(armory, "announce", keys["alice"], "monday", clan_id=2, text="We sail.").json() for _ in range(3)}
    assert len(ids) == 1
    notices = armory.get("/v2/clans/notices?clan_id=2&page=0").json()
    assert [(notice["author_id"], notice["text"]) for notice in notices] == [(1001, "We sail.")]


def test_a_ban_list_is_changed_with_a_user_token(armory: Server, keys: dict[str, str]) -> None:
    """In the dast dialect: the program's own token says who asks, the moderator's who allows it; a stranger's does not."""
    tokens = {"api": told(armory, "key", "add", "--account", "charlie", "--kind", "api-token")["secret"]}
    for name in PEOPLE:
        tokens[name] = told(armory, "key", "add", "--account", name, "--kind", "user-token", "--permission", "clans")["secret"]

    def ask(path: str, whose: str | None = None, **more: Any) -> dict[str, Any]:
        user = {"user_token": tokens[whose]} if whose else {}
        answer: dict[str, Any] = armory.get(f"/api/{path}", params={"api_token": tokens["api"], **user, **more}).json()
        return answer

    for name in PEOPLE:
        assert _in_time(lambda name=name: ask("account/greeting", name)["success"], 30)
    wanted = {"clan_id": 1, "account_id": 1009, "reason": "rude"}
    assert ask("clans/ban", "alice", **wanted)["data"]["banned_by"] == 1001
    assert [ban["account_id"] for ban in ask("bans", clan_id=1)["data"]["items"]] == [1009]
    twice = ask("clans/ban", "bob", **wanted)
    assert twice == {"data": [], "success": False, "error": [{
        "exception": "App\\ApiModule\\AlreadyBannedException", "code": 409,
        "message": "account_id parameter: This player is banned already. `1009`."}]}
    strange = ask("clans/unban", "charlie", clan_id=1, account_id=1009)
    assert (strange["error"][0]["exception"], strange["error"][0]["code"]) == ("App\\ApiModule\\PermissionException", 403)
    assert strange["error"][0]["message"] == "This is not yours to do. Allowed: The leader or a moderator of the clan."
    assert ask("clans/unban", clan_id=1, account_id=1009)["error"][0]["message"] == "User token parameter is missing."
    assert ask("clans/unban", "bob", clan_id=1, account_id=1009) == {"data": [], "error": [], "success": True}
    assert ask("bans", clan_id=1)["data"] == {"items": [], "total": 0}


@pytest.mark.covers("L14", "D8")
def test_the_first_page_describes_each_action_from_the_catalog(armory: Server) -> None:
    """Where each dialect asks, parameters with types, what is answered, extra fields, errors, and who alone may."""
    assert _in_time(lambda: armory.get("/").status_code == 200, 30)
    cards = {found[1]: re.sub(r"<[^>]+>|\s+", " ", found[2]) for found in re.finditer(
        r'<article class="card" id="armory-([a-z-]+)".*?>(.*?)</article>', armory.get("/").text, re.DOTALL)}
    ban = re.sub(" +", " ", cards["clans-ban"])
    for told in ("In lesta /armory/clans/ban/", "In dast /api/clans/ban", "clan_id integer required", "reason text required",
                 "banned_at date and time", "AlreadyBanned 409 This player is banned already.",
                 "not allowed 403 Allowed for: The leader or a moderator of the clan."):
        assert told in ban, ban
    vehicles = re.sub(" +", " ", cards["encyclopedia-vehicles"])
    assert "modules list of integer filter, extra, key of encyclopedia/modules" in vehicles
    assert "In dast /api/vehicles/list" in vehicles


def test_what_the_readme_asks_is_answered(armory: Server, keys: dict[str, str]) -> None:
    """Each line, with the status that it names, or 200."""
    lines = re.findall(r"^ {4}curl (-H \S+ \S+ \S+ )?'http://127\.0\.0\.1:8000(\S+)'(?: +# (\d{3})?.*)?$",
                       (EXAMPLE / "README.md").read_text(), re.M)
    assert len(lines) == 14
    key = told(armory, "key", "add", "--account", "alice", "--kind", "gw2", "--permission", "account", "--permission", "characters")
    assert _in_time(lambda: get(armory, "/v2/tokeninfo", key["secret"]).status_code == 200)
    for secret, path, status in lines:
        assert get(armory, path, key["secret"] if secret else None).status_code == int(status or 200), path


def test_the_game_is_the_same_each_time(tmp_path: Path) -> None:
    """Whoever makes it: its dump is equal; an old one is made anew."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        import forge
    finally:
        sys.path.remove(str(EXAMPLE))
    dumps = []
    for name in ("one.db", "two.db"):
        base = sqlite3.connect(forge.make(tmp_path / name))
        dumps.append("\n".join(base.iterdump()))
        base.close()
    assert dumps[0] == dumps[1]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.db", "two.db"]
