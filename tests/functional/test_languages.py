"""Languages over HTTP: whose texts are shown where some are missing, and what the answer says of it (G9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import Server
from ..timing import settle_s

CATALOG = """
from typing import Annotated
from dragoman import Catalog, Filter, Key, Localized, Record, Rows, Search, Sort

catalog = Catalog("armory", languages=("en", "de", "zh", "zh-tw"))
ROWS = [
    {"id": 1, "name": {"en": "Sword", "de": "Schwert", "zh": "剑", "zh-tw": "劍"}, "motto": {"de": "Hart"},
     "parts": [{"label": {"en": "Hilt"}}]},
    {"id": 2, "name": {"en": "Bow", "zh": "弓", "de": ""}, "motto": None,
     "parts": [{"label": {"de": "Sehne"}}, {"label": {"ZH_TW": "弦"}}]},
    {"id": 3, "name": {"fr": "Hache"}, "motto": {}, "parts": []},
]


class Part(Record):
    label: Localized


class Thing(Record):
    id: Annotated[int, Key()]
    name: Annotated[Localized, Search(), Sort()]
    motto: Localized | None
    parts: list[Part]


@catalog.resource("weapons", Rows(lambda: ROWS))
class Weapon(Thing):
    '''Published.'''


@catalog.resource("tools", Rows(lambda: ROWS), live=True)
class Tool(Thing):
    '''Read while the client waits.'''


@catalog.resource("counts", Rows(lambda: [{"id": 1, "count": 7}]))
class Count(Record):
    id: Annotated[int, Key()]
    count: int


@catalog.method("sum")
def add(one: int, other: int) -> int:
    '''No text at all.'''
    return one + other


@catalog.method("first")
def first() -> Thing:
    '''The first of them.'''
    return Thing(**{**ROWS[0], "parts": [Part(**part) for part in ROWS[0]["parts"]]})
"""
ENGLISH = [{"id": 1, "name": "Sword", "motto": "Hart", "parts": ["Hilt"]},
           {"id": 2, "name": "Bow", "motto": None, "parts": ["Sehne", "弦"]},
           {"id": 3, "name": "Hache", "motto": None, "parts": []}]
SHOWN: dict[str, list[dict[str, Any]]] = {
    "en": ENGLISH,
    "de": [{**ENGLISH[0], "name": "Schwert"}, {**ENGLISH[1], "name": "Bow"}, ENGLISH[2]],
    "zh": [{**ENGLISH[0], "name": "剑"}, {**ENGLISH[1], "name": "弓"}, ENGLISH[2]],
    "zh-tw": [{**ENGLISH[0], "name": "劍"}, {**ENGLISH[1], "name": "弓"}, ENGLISH[2]],
}


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """Things in some languages, with holes."""
    return serve(catalog=CATALOG)


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the labels of its parts."""
    return {**record, "parts": [part["label"] for part in record["parts"]]}


@pytest.mark.covers("G9")
@pytest.mark.parametrize("place", ["weapons", "tools"])
@pytest.mark.parametrize("language", SHOWN)
def test_each_text_that_is_missing_falls_back_by_itself(server: Server, place: str, language: str) -> None:
    """To the parents of the language, the default, and whatever there is; published and live alike."""
    answer = server.get(f"/v2/{place}?ids=1,2,3", params={"lang": language, "ids": "1,2,3"})
    assert [flat(each) for each in answer.json()] == SHOWN[language]
    assert answer.headers["content-language"] == language
    one = server.get(f"/v2/{place}/2", params={"lang": language})
    assert flat(one.json()) == SHOWN[language][1]
    assert one.headers["content-language"] == language


@pytest.mark.covers("G9")
@pytest.mark.parametrize(("header", "language"), [
    ("fr;q=0.8, de;q=0", "en"), ("fr, de;q=0.5", "de"), ("zh-TW", "zh-tw"), ("zh-Hant-HK", "zh-tw"), ("zh-SG, de", "zh"), ("en;q=0", "de"),
    ("*;q=0.5, en;q=0.1", "de"), ("tlh", "en"), ("de-CH, en;q=0.9", "de"), (", ;q=", "en"),
])
def test_the_answer_says_in_which_language_it_is(server: Server, header: str, language: str) -> None:
    """That of its texts, whatever was wished for; caches are told what it hangs on."""
    answer = server.get("/v2/weapons/1", headers={"Accept-Language": header})
    assert answer.headers["content-language"] == language
    assert flat(answer.json()) == SHOWN[language][0]
    assert "Accept-Language" in answer.headers["vary"]
    called = server.get("/v2/first", headers={"Accept-Language": header})
    assert called.headers["content-language"] == language
    assert flat(called.json()) == SHOWN[language][0]


def test_what_has_no_texts_is_in_no_language(server: Server) -> None:
    """Numbers are for everybody."""
    for path in ("/v2/counts/1", "/v2/counts", "/v2/sum?one=1&other=2"):
        answer = server.get(path, headers={"Accept-Language": "de"})
        assert answer.status_code == 200
        assert "content-language" not in answer.headers


def test_the_parameter_comes_before_the_header(server: Server) -> None:
    """As whoever writes an address means it."""
    answer = server.get("/v2/weapons/1", params={"lang": "de-AT"}, headers={"Accept-Language": "zh"})
    assert answer.headers["content-language"] == "de"
    assert answer.json()["name"] == "Schwert"


@pytest.mark.parametrize("language", ["fr", "xx", "uk", "*", "de;q=1", "zh_TW!", "d" * 999])
def test_a_parameter_that_names_no_language_of_ours_is_told(server: Server, language: str) -> None:
    """With those that there are."""
    answer = server.get("/v2/weapons/1", params={"lang": language})
    assert answer.status_code == 400
    assert "en, de, zh, zh-tw" in answer.json()["text"]


def test_languages_never_share_a_tag(server: Server) -> None:
    """Nobody is told that nothing changed who holds another language."""
    tags = {language: server.get("/v2/weapons/1", params={"lang": language}).headers["etag"] for language in SHOWN}
    assert len(set(tags.values())) == len(SHOWN)
    held = server.get("/v2/weapons/1", headers={"Accept-Language": "de", "If-None-Match": tags["en"]})
    assert held.status_code == 200
    same = server.get("/v2/weapons/1", headers={"Accept-Language": "de", "If-None-Match": tags["de"]})
    assert (same.status_code, same.headers["content-language"]) == (304, "de")


def test_searches_and_sorts_see_what_is_shown(server: Server) -> None:
    """The texts of the language, those that it falls back to included."""
    found = server.get("/v2/weapons?ids=all&search=sch&lang=de").json()
    assert [each["id"] for each in found] == [1]
    assert [each["id"] for each in server.get("/v2/weapons?ids=all&search=bo&lang=de").json()] == [2]
    assert server.get("/v2/weapons?ids=all&search=sw&lang=de").json() == []
    assert [each["id"] for each in server.get("/v2/weapons?ids=all&sort=name&lang=de").json()] == [2, 3, 1]


def ask(server: Server, path: str, parameters: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """The answer, once its key is in force and within its limit."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(server.get(path, params=parameters, headers=headers))
        return "content-language" in answers[-1].headers
    settle_s(answered)
    return answers[-1]


@pytest.mark.covers("G9")
def test_other_dialects_say_it_alike(server: Server) -> None:
    """By their own parameter, and by the header."""
    server.prepare("account", "add", "alice")
    application = server.prepare("application", "add", "Reader", "--owner", "alice", "--type", "standalone")["application_id"]
    secrets = {kind: server.prepare("key", "add", "--account", "alice", "--kind", kind)["secret"] for kind in ("api-token", "remote-auth")}
    asked: dict[str, dict[str, Any]] = {
        "/armory/data/weapons/": {"application_id": application, "id": 2}, "/api/weapons/get": {"api_token": secrets["api-token"], "id": 2},
        "/api/rest/data/json/weapons": {"remote_auth": secrets["remote-auth"], "limit": 1, "start": 1},
    }
    for path, parameters in asked.items():
        lesta = path.startswith("/armory/")         # which reads no header, so that caches need not tell any apart
        ways: list[tuple[dict[str, str], dict[str, str]]] = [({"language": "zh-TW"}, {})]
        ways += [] if lesta else [({}, {"Accept-Language": "fr, zh-TW;q=0.3, en;q=0"})]
        for parameter, header in ways:
            answer = ask(server, path, {**parameters, **parameter}, header)
            assert answer.headers["content-language"] == "zh-tw", answer.text
            assert "弓" in answer.text, answer.text
