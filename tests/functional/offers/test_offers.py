"""The third example, served by the real command, in every dialect."""

from __future__ import annotations

import csv
import functools
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
from lxml import etree

from ...conftest import Server
from ..webmaster.valid import Descriptions

EXAMPLE = Path(__file__).parents[3] / "examples" / "offers"
PEOPLE = {"alice": "7001", "bob": "7002", "charlie": None}
KINDS = {"gw2": "KEY", "api-token": "API", "user-token": "USER", "remote-auth": "AUTH"}
"""The kinds of keys, with what the README calls them."""
EVERYTHING = ("--permission", "account", "--permission", "statistics")
FINE = r'{"status":20[04],|<\?xml.*\n.*<status>200<|status,.*\n200,'
"""How answers of the webmaster dialect begin, in its three formats, where nothing is wrong."""
SORTS = ("id", "name", "rating", "cpl", "cpa", "epc7days")


@pytest.fixture(scope="module")
def offers(serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A copy of the example, as somebody would try it."""
    folder = tmp_path_factory.mktemp("offers")
    for name in ("catalog.py", "network.py", "words.py"):
        shutil.copy(EXAMPLE / name, folder)
    return serve("catalog.py", folder=folder)


@pytest.fixture(scope="module")
def keys(offers: Server) -> dict[str, dict[str, str]]:
    """For each of them a key of each kind, which may do everything; by person, then by kind."""
    made: dict[str, dict[str, str]] = {}
    for name, subject in PEOPLE.items():
        offers.prepare("account", "add", name, *(("--subject", subject) if subject else ()))
        made[name] = {kind: offers.prepare("key", "add", "--account", name, "--kind", kind,
                                           *(EVERYTHING if kind != "api-token" else ()))["secret"] for kind in KINDS}
    made["alice"]["gw2-account"] = offers.prepare("key", "add", "--account", "alice", "--kind", "gw2")["secret"]
    application = offers.prepare("application", "add", "shop-window", "--owner", "alice", "--type", "standalone")
    made["alice"]["application"] = application["application_id"]
    assert in_time(lambda: lesta(offers, keys=made, of="geo")["status"] == "ok")
    return made


def in_time(true: Callable[[], bool], timeout_s: float = 30.0) -> bool:
    """Whether something comes true, which takes a moment to get around."""
    ends_at = time.monotonic() + timeout_s
    while not true() and time.monotonic() < ends_at:
        time.sleep(0.05)
    return true()


def get(offers: Server, path: str, key: str | None = None) -> httpx.Response:
    """GET a path below the library in gw2, with a key or none."""
    return offers.get(f"/v2/webmaster/{path}", headers={"Authorization": f"Bearer {key}"} if key else {})


def change(offers: Server, method: str, key: str, **arguments: Any) -> httpx.Response:
    """PUT what a webmaster wants to be otherwise."""
    return offers.ask("PUT", f"/v2/webmaster/{method}", headers={"Authorization": f"Bearer {key}"}, data=arguments)


def lesta(offers: Server, keys: dict[str, dict[str, str]], of: str, **parameters: Any) -> dict[str, Any]:
    """What an application is told."""
    application = keys["alice"]["application"]
    told: dict[str, Any] = offers.get(f"/offers/webmaster/{of}/", params={"application_id": application, **parameters}).json()
    return told


def dast(offers: Server, keys: dict[str, dict[str, str]], of: str, whose: str | None = None, **parameters: Any) -> dict[str, Any]:
    """What a program is told, for somebody or for nobody."""
    user = {"user_token": keys[whose]["user-token"]} if whose else {}
    token = {"api_token": keys["charlie"]["api-token"]}
    told: dict[str, Any] = offers.get(f"/api/{of}", params={**token, **user, **parameters}).json()
    return told


# -------------------------------------------------------------------------------------------- offers


def test_everybody_reads_offers_and_dictionaries(offers: Server) -> None:
    """In two languages; every number in an offer is that of a record."""
    totals = {name: get(offers, name).headers["x-result-total"] for name in (
        "banner-sizes", "categories", "geo", "offers", "platforms", "traffic-types")}
    assert totals == {"banner-sizes": "13", "categories": "19", "geo": "63", "offers": "300", "platforms": "7", "traffic-types": "10"}
    assert [get(offers, f"geo/276?lang={language}").json()["name"] for language in ("en", "ru")] == ["Germany", "Германия"]
    every = get(offers, "offers?ids=all&lang=ru").json()
    assert {offer["type"] for offer in every} == {"web", "mobile", "api"}
    assert all(re.search("[а-яё]", offer["name"] + offer["description"]) for offer in every)
    assert len({offer["name"] for offer in every}) == 300


def test_offers_are_filtered_sorted_and_searched(offers: Server) -> None:
    """Each filter by several values; each of the orders up and down."""
    every = get(offers, "offers?ids=all").json()
    asked = "type=web&geo=276,643&platforms=1&categories=2&traffic_types=1,2"
    found = get(offers, f"offers?{asked}&page=0&page_size=200").json()
    fitting = [offer["id"] for offer in every if offer["type"] == "web" and {276, 643} & set(offer["geo"])
               and 1 in offer["platforms"] and 2 in offer["categories"] and {1, 2} & set(offer["traffic_types"])]
    assert [offer["id"] for offer in found] == fitting != []
    for field in SORTS:
        up, down = ([offer[field] for offer in get(offers, f"offers?sort={sign}{field}&page=0&page_size=200").json()]
                    for sign in ("", "-"))
        assert up == sorted(up), field
        assert down == sorted(down, reverse=True), field
    named = [offer["name"] for offer in get(offers, "offers?search=AMBER&page=0&page_size=200").json()]
    assert len(named) == 15
    assert all(name.startswith("Amber ") for name in named)
    assert get(offers, "offers?type=paper&page=0").status_code == 400
    assert get(offers, "offers?type=all&page=0").headers["x-result-total"] == "300"


def test_lesta_and_dast_tell_the_same_offers(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """The same record three times; lesta shows its extra fields when it is asked."""
    plain = get(offers, "offers/1001?lang=ru").json()
    assert dast(offers, keys, "offers/get", id=1001, language="ru")["data"] == plain
    shown = lesta(offers, keys, "offers", id=1001, language="ru")["data"]["1001"]
    assert shown == {name: value for name, value in plain.items() if name not in ("banner_sizes", "description")}
    assert lesta(offers, keys, "offers", id=1001, language="ru", extra="banner_sizes,description")["data"]["1001"] == plain
    found = dast(offers, keys, "offers/list", type="api", sort="-rating", limit=5)["data"]
    assert found["total"] == int(get(offers, "offers?type=api&page=0").headers["x-result-total"])
    assert {offer["type"] for offer in found["items"]} == {"api"}


# -------------------------------------------------------------------------------------------- what is a webmaster's own


def test_a_webmaster_sees_what_is_hers(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """Alice and Bob at the same address; Charlie is no webmaster, and strangers learn nothing."""
    assert get(offers, "profile").status_code == 403
    names = {name: get(offers, "profile", keys[name]["gw2"]) for name in PEOPLE}
    assert (names["alice"].json()["name"], names["bob"].json()["name"]) == ("Alice", "Bob")
    assert names["charlie"].status_code == 404
    assert "balance" in names["alice"].json()
    assert "balance" not in get(offers, "profile", keys["alice"]["gw2-account"]).json()
    assert get(offers, "statistics", keys["alice"]["gw2-account"]).json() == {"text": "requires scope statistics"}
    days = {name: get(offers, "statistics?ids=all", keys[name]["gw2"]).json() for name in PEOPLE}
    assert {day["webmaster_id"] for day in days["alice"]} == {7001}
    assert {day["webmaster_id"] for day in days["bob"]} == {7002}
    assert days["charlie"] == []
    assert get(offers, f"statistics/{days['bob'][0]['id']}", keys["alice"]["gw2"]).status_code == 404
    assert dast(offers, keys, "statistics", "alice", limit=200)["data"]["items"] == days["alice"]
    assert dast(offers, keys, "profile", "bob")["data"]["name"] == "Bob"
    with sqlite3.connect(offers.folder / "offers.db") as base:
        stored = base.execute("SELECT count(*), sum(clicks), sum(leads) FROM statistics WHERE webmaster_id = 7001").fetchone()
    base.close()
    assert stored == tuple(sum(each) for each in zip(*((1, day["clicks"], day["leads"]) for day in days["alice"]), strict=True))


described = functools.cache(Descriptions)
"""What proves that an answer is as the server at an address says it would be."""


def rest(offers: Server, keys: dict[str, dict[str, str]], path: str, whose: str = "alice", **parameters: Any) -> dict[str, Any]:
    """What a client of the network is told in JSON."""
    answer = offers.get(f"/api/rest/webmaster/json/{path}", params={"remote_auth": keys[whose]["remote-auth"], **parameters})
    told: dict[str, Any] = described(offers.url).check(answer).json()
    return told


def put(offers: Server, keys: dict[str, dict[str, str]], path: str, body: str) -> httpx.Response:
    """Change something of Alice's as such a client does; `path` begins with the format."""
    return described(offers.url).check(offers.ask(
        "PUT", f"/api/rest/webmaster/{path}", params={"remote_auth": keys["alice"]["remote-auth"]}, content=body.encode()))


@pytest.mark.covers("W1", "W4")
def test_clients_of_the_network_read_offers_by_position_and_by_name(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """Keyed by id; the same in the path, in the query and mixed, where the query wins."""
    asked = "type=web&start=1&limit=4&sort=cpl&sort_type=desc&geo=276,643,840&platforms=1&categories=2&traffic_types=1,2"
    parts = asked.replace("traffic_types=1,2", "").split("&")
    by_name = offers.get(f"/api/rest/webmaster/json/offers?{asked}&remote_auth={keys['alice']['remote-auth']}").json()["data"]
    path = "offers/web/1/4/cpl/desc/-/276,643,840/1/2/1,2"
    assert rest(offers, keys, path)["data"] == by_name
    assert rest(offers, keys, "offers/mobile/1", **dict(part.split("=") for part in parts if part), traffic_types="1,2")["data"] == by_name
    every = [offer for offer in get(offers, "offers?ids=all").json() if offer["type"] == "web" and {276, 643, 840} & set(offer["geo"])
             and 1 in offer["platforms"] and 2 in offer["categories"] and {1, 2} & set(offer["traffic_types"])]
    best = sorted(every, key=lambda offer: -offer["cpl"])
    assert by_name["total"] == len(every)
    assert {str(offer["id"]): offer for offer in best[4:8]} == by_name["items"] != {}
    assert rest(offers, keys, "offers/all/0/1")["data"]["total"] == 300
    assert rest(offers, keys, "offers/paper")["status"] == 400
    assert rest(offers, keys, "offers/web", q="amber", limit=1000)["data"]["items"].keys() <= {
        str(offer["id"]) for offer in get(offers, "offers?search=amber&page=0").json()}
    sizes = rest(offers, keys, "banner-sizes")["data"]
    assert sizes == get(offers, "banner-sizes?ids=all").json()


@pytest.mark.covers("W5", "W6")
def test_clients_of_the_network_read_and_change_what_is_a_webmasters_own(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """One profile, days by pages, and the language by the two bodies that mean the same."""
    assert rest(offers, keys, "profile")["data"] == get(offers, "profile", keys["alice"]["gw2"]).json()
    stranger = rest(offers, keys, "profile", "charlie")
    assert (stranger["status"], stranger["data"]) == (404, [])
    days = rest(offers, keys, "statistics/1/10/money/desc")["data"]
    everything = sorted((day["money"] for day in get(offers, "statistics?ids=all", keys["alice"]["gw2"]).json()), reverse=True)
    assert (days["total"], [day["money"] for day in days["items"]]) == (len(everything), everything[10:20])
    for format, body, language in (
        ("xml", "<setUserLanguageRequestData><lang>ru</lang></setUserLanguageRequestData>", "ru"), ("json", '{"lang": "en"}', "en"),
    ):
        assert put(offers, keys, f"{format}/user-language", body).status_code == 200
        assert rest(offers, keys, "profile")["data"]["language"] == language
    contacts = "<setProfileRequestData><site>https://a.example/</site><phone>+44 20</phone></setProfileRequestData>"
    assert "<status>200</status>" in put(offers, keys, "xml/contacts", contacts).text
    assert [rest(offers, keys, "profile")["data"][name] for name in ("site", "phone")] == ["https://a.example/", "+44 20"]
    wrong = put(offers, keys, "json/user-language", '{"lang": "de"}').json()
    assert (wrong["status"], wrong["data"]) == (400, [])
    assert "one of en, ru" in wrong["error"]


@pytest.mark.covers("W2", "W6", "W9")
@pytest.mark.parametrize("name", ["offers", "geo", "platforms", "categories", "traffic-types", "banner-sizes", "profile", "statistics"])
def test_everything_is_there_in_three_formats(offers: Server, keys: dict[str, dict[str, str]], name: str) -> None:
    """With the same envelope, and valid; CSV and XML have as many records as JSON."""
    asked = {"remote_auth": keys["alice"]["remote-auth"], **({"limit": 200} if name != "profile" else {})}
    told = {format: described(offers.url).check(offers.get(f"/api/rest/webmaster/{format}/{name}", params=asked))
            for format in ("json", "xml", "csv")}
    json = told["json"].json()
    assert [json[part] for part in ("status", "error", "request_id")] == [200, "", 0]
    data = json["data"]
    count = 1 if name == "profile" else len(data["items"] if isinstance(data, dict) else data)
    rows = list(csv.reader(told["csv"].text.splitlines()))
    assert dict(zip(rows[0], rows[1], strict=True)).items() >= {"status": "200", "error": "", "request_id": "0"}.items()
    assert len(rows) - 3 == count
    tree = etree.fromstring(told["xml"].content)
    assert (tree.tag, tree.findtext("status")) == ("get" + name.title().replace("-", "") + "ResponseData", "200")
    assert len(tree.findall("data//id")) == count


def test_a_webmaster_changes_her_profile(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """What was changed in one dialect is seen in the others; what cannot be is told, field by field."""
    bob = keys["bob"]["gw2"]
    assert change(offers, "contacts", bob, site="https://b.example/", phone="+7 812 000").json() == {
        "site": "https://b.example/", "phone": "+7 812 000"}
    assert change(offers, "user-language", bob, choice="ru").json() is True
    profile = dast(offers, keys, "profile/get", "bob")["data"]
    assert (profile["site"], profile["phone"], profile["language"]) == ("https://b.example/", "+7 812 000", "ru")
    assert dast(offers, keys, "webmaster/user-language", "bob", lang="en")["success"] is True
    assert get(offers, "profile", bob).json()["language"] == "en"
    wrong = change(offers, "contacts", bob, site="nowhere", phone="ask me")
    assert wrong.status_code == 400
    assert "site: invalid value `nowhere`" in wrong.json()["text"]
    assert "phone: invalid value `ask me`" in wrong.json()["text"]
    assert change(offers, "user-language", bob, choice="de").status_code == 400
    refused = change(offers, "contacts", keys["charlie"]["gw2"], site="https://c.example/")
    assert (refused.status_code, "no webmaster" in refused.text) == (404, True)
    assert get(offers, "profile", bob).json()["phone"] == "+7 812 000"


def test_a_report_is_a_long_operation(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """It is accepted with an id; nobody without a key starts one, nor with dates that are none."""
    path = "report?date_from=2026-01-01&date_to=2026-01-31"
    started = get(offers, path, keys["alice"]["gw2"])
    assert started.status_code == 202
    assert started.json()["operation"] > 0
    assert dast(offers, keys, "webmaster/report", "alice", date_from="2026-01-01", date_to="2026-01-31")["data"]["operation_id"] > 0
    assert get(offers, path).status_code == 403
    wrong = get(offers, "report?date_from=yesterday", keys["alice"]["gw2"])
    assert wrong.status_code == 400
    assert "date_from" in wrong.json()["text"]
    assert "date_to" in wrong.json()["text"]


@pytest.mark.covers("W8")
def test_a_report_is_had_by_its_request_id_when_it_is_ready(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """The days of one webmaster, as the statistics tell them; nobody else has it, and a wrong period is told as what became of it."""
    path = "report/2026-01-10/2026-02-09"
    began = rest(offers, keys, path)
    id = began["request_id"]
    assert (began, id > 0) == ({"status": 204, "error": "", "request_id": id, "data": []}, True)
    assert in_time(lambda: rest(offers, keys, path, request_id=id)["status"] == 200)
    days = [{name: day[name] for name in ("day", "clicks", "leads", "money")}
            for day in get(offers, "statistics?ids=all", keys["alice"]["gw2"]).json() if "2026-01-10" <= day["day"] <= "2026-02-09"]
    assert rest(offers, keys, path, request_id=id) == {"status": 200, "error": "", "request_id": 0, "data": days}
    for format, mark in (("csv", "\r\n2026-01-1"), ("xml", "<item><day>2026-01-1")):
        told = offers.get(f"/api/rest/webmaster/{format}/{path}", params={"remote_auth": keys["alice"]["remote-auth"], "request_id": id})
        assert mark in told.text
    assert rest(offers, keys, path, "bob", request_id=id)["status"] == 404
    wrong = rest(offers, keys, "report/2026-02-09/2026-01-10")["request_id"]
    assert in_time(lambda: rest(offers, keys, "report/2026-02-09/2026-01-10", request_id=wrong)["status"] != 204)
    told = rest(offers, keys, "report/2026-02-09/2026-01-10", request_id=wrong)
    assert (told["status"], told["data"]) == (400, [])
    assert "begins before it ends" in told["error"]


# -------------------------------------------------------------------------------------------- the example itself


def test_what_the_readme_asks_is_answered(offers: Server, keys: dict[str, dict[str, str]]) -> None:
    """Each line, with the status that it names, or 200."""
    text = (EXAMPLE / "README.md").read_text()
    lines = re.findall(r"^ {4}curl (?P<options>[^#\n]*?)[\"'](?P<url>http://127\.0\.0\.1:8000[^\"']+)[\"'](?: +# (?P<status>\d{3})?.*)?$",
                       text, re.M)
    assert len(lines) == text.count("\n    curl ") == 27
    secrets = {name: keys["alice"][kind] for kind, name in KINDS.items()} | {"ID": keys["alice"]["application"]}
    for options, url, status in lines:
        target = re.sub(r"\$([A-Z]+)", lambda name: secrets[name[1]], url).removeprefix("http://127.0.0.1:8000")
        key = {"Authorization": f"Bearer {secrets['KEY']}"} if "$KEY" in options else {}
        body = re.search(r"-d '([^']+)'", options)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}        # as curl says of any body
        answer = offers.ask("PUT" if "-X PUT" in options else "GET", target, headers={**key, **form}, content=body[1] if body else None)
        assert answer.status_code == int(status or 200), target
        assert not target.startswith("/offers/") or answer.json()["status"] == "ok", target
        assert "remote_auth" not in target or re.match(FINE, answer.text), target
        if "/report/" in target and "request_id" not in target:
            secrets["REQUEST"] = str(answer.json()["request_id"])


def test_the_network_is_the_same_each_time(tmp_path: Path) -> None:
    """Whoever makes it: its dump is equal; what a report reads of it are the rows of one webmaster."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        import network
    finally:
        sys.path.remove(str(EXAMPLE))
    dumps = []
    for name in ("one.db", "two.db"):
        base = sqlite3.connect(network.make(tmp_path / name))
        dumps.append("\n".join(base.iterdump()))
        days = base.execute("SELECT count(*) FROM statistics WHERE webmaster_id = 7001").fetchone()[0]
        base.close()
    assert dumps[0] == dumps[1]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["one.db", "two.db"]
    first, last = network.FIRST_DAY, network.FIRST_DAY.replace(year=network.FIRST_DAY.year + 1)
    assert len(list(network.clicks(tmp_path / "one.db", 7001, first, last))) == days
    assert list(network.clicks(tmp_path / "one.db", 0, first, last)) == []
