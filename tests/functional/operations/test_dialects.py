"""Long operations in every dialect: begun, looked at, told, streamed, failed, cancelled, somebody else's."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ..webmaster.reading import CONTENT_TYPES
from .conftest import ENDS_WITHIN_S, Works, working


@dataclass
class Spoken:
    """How one dialect is asked, and what it says in its own form."""

    works: Works
    name: str
    address: str
    asked_by: str
    auth: dict[str, str]

    def ask(self, method: str, verb: str = "GET", **parameters: Any) -> httpx.Response:
        return self.works.server.ask(verb, self.address.format(method), params={**self.auth, **parameters})

    def id_of(self, answer: httpx.Response) -> int:
        told = answer.json()
        if self.name == "webmaster":
            assert (told["status"], told["data"], answer.status_code) == (204, [], 200)
            return int(told["request_id"])
        assert told["data"]["state"] == "queued", told
        return int(told["data"]["operation_id"])

    def waits(self, answer: httpx.Response) -> bool:
        told = answer.json()
        if self.name == "webmaster":
            return bool(told["status"] == 204)
        data = told.get("data")
        return isinstance(data, dict) and data.get("state") in ("queued", "running")

    def ended(self, method: str, id: int) -> httpx.Response:
        """The first answer that is no waiting."""
        until = time.monotonic() + ENDS_WITHIN_S
        while True:
            answer = self.ask(method, **{self.asked_by: id})
            if not self.waits(answer):
                assert "x-progress" not in answer.headers
                return answer
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["x-progress"]
            assert time.monotonic() < until, answer.text
            time.sleep(0.03)

    def data(self, answer: httpx.Response) -> Any:
        """The records of a list, in the dialect's envelope, which is checked."""
        told = answer.json()
        if self.name == "lesta":
            assert (told["status"], told["meta"]) == ("ok", {"count": len(told["data"])})
            return told["data"]
        if self.name == "dast":
            assert (told["error"], told["success"], told["data"]["total"]) == ([], True, len(told["data"]["items"]))
            return told["data"]["items"]
        assert (told["status"], told["error"], told["request_id"]) == (200, "", 0)
        return told["data"]

    def error(self, answer: httpx.Response) -> str:
        """What is said to be wrong."""
        told = answer.json()
        if self.name == "lesta":
            assert told["status"] == "error"
            return json.dumps(told["error"])
        if self.name == "dast":
            assert (told["data"], told["success"]) == ([], False)
            return json.dumps(told["error"])
        assert told["data"] == []
        return f"{told['status']} {told['error']}"


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    with working(tmp_path_factory.mktemp("dialects")) as works:
        yield works


@pytest.fixture(scope="module", params=["lesta", "dast", "webmaster"])
def spoken(request: pytest.FixtureRequest, works: Works) -> Spoken:
    """Each dialect in turn, as Alice speaks it."""
    works.headers("alice")
    return speak(works, request.param, "alice")


def speak(works: Works, name: str, who: str) -> Spoken:
    works.headers(who)
    if name == "lesta":
        id = works.server.prepare("application", "add", f"by-{who}", "--owner", who, "--type", "standalone")["application_id"]
        found = Spoken(works, name, "/works/works/{}/", "operation_id", {"application_id": id})
    elif name == "dast":
        found = Spoken(works, name, "/api/works/{}", "operation_id", {"api_token": works.key_of(who, "api-token")})
    else:
        found = Spoken(works, name, "/api/rest/works/json/{}", "request_id", {"remote_auth": works.key_of(who, "remote-auth")})
    until = time.monotonic() + 20
    while "plain" not in found.ask("plain").text:
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.covers("W8")
@pytest.mark.parametrize("count", [0, 3, 20_000])
def test_it_is_begun_and_its_result_is_had_later(spoken: Spoken, count: int) -> None:
    """None, a few, and more than one part; asked for without its other arguments, in another language."""
    id = spoken.id_of(spoken.ask("lines", count=count))
    spoken.ended("lines", id)
    answer = spoken.ask("lines", language="de", **{spoken.asked_by: id})
    assert spoken.data(answer) == [{"number": number, "text": f"Zeile {number}", **_hidden(spoken)} for number in range(count)]
    assert answer.headers["cache-control"] == "no-store" or "private" in answer.headers["cache-control"]


def _hidden(spoken: Spoken) -> dict[str, None]:
    return {"secret": None} if spoken.name == "lesta" else {}


def test_whatever_is_not_theirs_is_not_there(spoken: Spoken) -> None:
    """Somebody else's and one that never was: letter by letter the same, but for the id."""
    id = spoken.id_of(spoken.ask("lines", count=1))
    spoken.ended("lines", id)
    bob = speak(spoken.works, spoken.name, f"bob-{spoken.name}")
    told = {each: bob.ask("lines", **{bob.asked_by: each}) for each in (id, 999_999, "no-id")}
    texts = {answer.text.replace(f'"{each}"', "N").replace(f"`{each}`", "N") for each, answer in told.items()}
    assert len(texts) == 1, texts
    assert "no such operation" in (text := texts.pop()) or "OPERATION_ID_NOT_FOUND" in text
    assert len({answer.status_code for answer in told.values()}) == 1


def test_a_reserved_name_is_one_where_an_operation_is_asked_alone(spoken: Spoken) -> None:
    """Of other methods it is a parameter like any other, known or not."""
    answer = spoken.ask("plain", **{spoken.asked_by: 1})
    assert "plain" in answer.text or spoken.asked_by in answer.text


def test_a_failure_is_told_in_the_form_of_the_dialect(spoken: Spoken) -> None:
    told = spoken.error(spoken.ended("lines", spoken.id_of(spoken.ask("lines", count=-1))))
    assert {"lesta": '"ODD"', "dast": "OddException", "webmaster": "400 count: It is odd"}[spoken.name] in told
    assert "count" in told


@pytest.mark.covers("W8")
def test_an_operation_of_the_webmaster_dialect_is_had_by_its_id_alone(works: Works) -> None:
    """In every format, whatever its method; and cancelled so."""
    spoken = speak(works, "webmaster", "alice")
    id = spoken.id_of(spoken.ask("lines", count=3))
    spoken.ended("lines", id)
    for form in ("json", "xml", "csv"):
        answer = works.server.get(f"/api/rest/works/{form}/operation", params={"request_id": id, **spoken.auth})
        assert answer.status_code == 200
        assert "line 2" in answer.text
    nap = spoken.id_of(spoken.ask("nap", seconds=60))
    address = "/api/rest/works/json/operation"
    works.server.ask("DELETE", address, params={"request_id": nap, **spoken.auth})
    assert "cancelled" in spoken.error(spoken.ended("nap", nap))
    bob = speak(works, "webmaster", "bob-by-id")
    for each in (id, 999_999):
        assert works.server.get(address, params={"request_id": each, **bob.auth}).json()["status"] == 404


@pytest.mark.covers("W6", "W7", "W8")
@pytest.mark.parametrize("form", ["json", "xml", "csv"])
def test_ids_that_are_not_theirs_are_refused_in_the_format_asked_for(works: Works, form: str) -> None:
    """Of somebody else, unknown, forgotten and none at all: by the call and by the id alone, each the same but for the id."""
    alice, bob = speak(works, "webmaster", "alice"), speak(works, "webmaster", f"bob-{form}")
    theirs, forgotten = (each.id_of(each.ask("lines", count=1)) for each in (alice, bob))
    alice.ended("lines", theirs)
    bob.ended("lines", forgotten)
    with sqlite3.connect(works.server.folder / "data/operations.db", timeout=20) as base:
        base.execute("UPDATE dragoman_operations SET expires_at = 1 WHERE id = ?", (forgotten,))
    for path in ("lines", "operation"):
        texts = set()
        for id in (theirs, forgotten, 999_999, "-1", "x", "9" * 40):
            answer = works.server.get(f"/api/rest/works/{form}/{path}", params={"request_id": id, "http_status": 1, **bob.auth})
            assert answer.status_code == 404, answer.text
            assert answer.headers["content-type"] == CONTENT_TYPES[form]
            texts.add(answer.text.replace(f"`{id}`", "N"))
        assert len(texts) == 1, texts


@pytest.mark.parametrize("name", ["gw2", "lesta", "dast", "webmaster"])
def test_ones_own_are_listed_and_ended_whatever_their_methods(works: Works, name: str) -> None:
    """In every dialect, as methods like any other; of nobody in particular they are not told, and another's is not there."""
    who = f"dora-{name}"
    spoken = (Spoken(works, name, "/v2/works/{}", "operation", {"access_token": works.headers(who)["Authorization"].split()[1]})
              if name == "gw2" else speak(works, name, who))
    base = {"gw2": "/v2/operations/{}", "lesta": "/dragoman/operations/{}/", "dast": "/api/operations/{}",
            "webmaster": "/api/rest/operations/json/{}"}[name]
    own = Spoken(works, name, base, "operation", spoken.auth)
    answer = spoken.ask("lines", count=10_000_000)
    id = int(answer.json()["operation"]) if name == "gw2" else spoken.id_of(answer)
    listed = own.ask("list")
    (told,) = listed.json() if name == "gw2" else own.data(listed)
    assert (told["id"], told["catalog"], told["method"], told["error"]) == (id, "works", "works/lines", None)
    assert told["state"] in ("queued", "running")
    ended = (own.ask("cancel", "POST", operation=id) if name != "webmaster"
             else works.server.ask("POST", base.format("cancel"), params=own.auth, json={"operation": id}))
    assert str(id) in ended.text, ended.text
    until = time.monotonic() + ENDS_WITHIN_S
    while '"state":"cancelled"' not in own.ask("list").text:
        assert time.monotonic() < until
        time.sleep(0.03)
    bob = speak(works, name, f"eve-{name}") if name != "gw2" else Spoken(
        works, name, base, "operation", {"access_token": works.headers("eve-gw2")["Authorization"].split()[1]})
    stranger = Spoken(works, name, base, "operation", bob.auth)
    assert f'"id":{id},' not in stranger.ask("list").text
    refused = (stranger.ask("cancel", "POST", operation=id) if name != "webmaster"
               else works.server.ask("POST", base.format("cancel"), params=bob.auth, json={"operation": id}))
    assert "no such operation" in refused.text or "OPERATION_NOT_FOUND" in refused.text


def test_nobody_in_particular_has_operations(works: Works) -> None:
    assert works.server.get("/v2/operations/list").status_code == 403
    assert works.server.ask("POST", "/v2/operations/cancel?operation=1").status_code == 403
