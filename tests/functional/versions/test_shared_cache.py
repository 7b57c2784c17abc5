"""A shared cache that keeps to RFC 9111 never gives anybody another version, language, format or account than was asked for."""

from __future__ import annotations

import gzip
import http.client
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from ...conftest import Server
from ...timing import settle_s

REQUESTS = 10_000
CATALOG = """
    from typing import Annotated

    from dragoman import Added, Catalog, Filter, Key, Localized, Record, Renamed, Reshaped, Rows

    catalog = Catalog("kept", languages=("en", "de"), formats=("xml", "csv"), permissions={"account": "Yours"})

    @catalog.resource("things", Rows(lambda: ({"id": n, "name": {"en": f"Thing {n}", "de": f"Ding {n}"}, "price": n % 3, "tags": ["a"] * n,
                                               "text": "word " * 99} for n in range(4))))
    class Thing(Record):
        id: Annotated[int, Key()]
        name: Localized
        price: Annotated[int, Filter()]
        tags: list[str]
        text: str

    catalog.change("2024-01-01", Thing, "`cost` is called `price`.", Renamed("price", before="cost"))
    catalog.change("2022-01-01", Thing, "`tags` are a list, and were a text.", Reshaped(
        "tags", before={"tags": str}, backward=lambda tags: {"tags": " ".join(tags)}))
    catalog.change("2020-01-01", Thing, "`text` is new.", Added("text"))

    @catalog.resource("account", Rows(lambda: [{"id": f"a-{name}", "name": name} for name in ("Alice", "Bob")]),
                      live=True, single=True, permission="account")
    class Account(Record):
        id: Annotated[str, Key()]
        name: str

    catalog.change("2023-01-01", Account, "`title` is called `name`.", Renamed("name", before="title"))
"""
GENEROUS = {f"DRAGOMAN_LIMITS__{name}": "" for name in ("ADDRESS", "KEY", "SERVER", "STANDALONE", "WRONG_KEYS")}
VERSIONS = (None, None, "latest", "latest", "earliest", "2023-06-01", "2021-01-01T00:00Z", "2019-01-01")
NONSENSE = "nonsense"
LANGUAGES = (None, "en", "de", "de;q=0.5, fr", "xx")
ACCEPTED = (None, "application/json", "application/xml", "text/csv;q=1, application/json;q=0.1", "*/*")
_REQUEST_ID = re.compile(rb'("request_id": ?|<request_id>|(?m:^)[1-5]\d\d,[^,\r\n]*,)[^,<}\r\n]*')


class Asked(NamedTuple):
    """A request: its address, whose it is, and its headers in small letters."""

    url: str
    who: str | None
    headers: tuple[tuple[str, str], ...]


class Got(NamedTuple):
    """An answer, its headers in small letters, its content out of its coding."""

    status: int
    headers: dict[str, str]
    content: bytes


class Client:
    """A connection that sends what it is told to send, and nothing else; much faster than one with all comforts."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)

    def close(self) -> None:
        self._connection.close()

    def get(self, url: str, headers: Mapping[str, str]) -> Got:
        self._connection.putrequest("GET", url, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        self._connection.endheaders()
        answer = self._connection.getresponse()
        named, content = {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        return Got(answer.status, named, gzip.decompress(content) if named.get("content-encoding") == "gzip" else content)


@dataclass
class Kept:
    """An answer in the cache, with the values of what it varies by."""

    answer: Got
    selected_by: dict[str, str | None]
    fresh_until: float


@dataclass
class SharedCache:
    """A cache between clients and a server, with a clock of its own; without any knowledge of the conventions behind it."""

    client: Client
    now: float = 0.0
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def ask(self, asked: Asked) -> Got:
        """The answer, from wherever it may come (RFC 9111, 4)."""
        headers = dict(asked.headers)
        stored = self.kept.setdefault(asked.url, [])
        for each in stored:
            if self.now < each.fresh_until and all(headers.get(name) == value for name, value in each.selected_by.items()):
                self.counts["hit"] += 1
                return each.answer
        tags = [each.answer.headers["etag"] for each in stored if "etag" in each.answer.headers]
        sent = {**headers, "if-none-match": ", ".join(dict.fromkeys(tags))} if tags else headers
        answer = self.client.get(asked.url, sent)
        if answer.status == 304:                                # 4.3.3: the one with this tag is what was asked for
            self.counts["renewed"] += 1
            named = next(each for each in stored if each.answer.headers.get("etag") == answer.headers["etag"])
            answer = named.answer
        else:
            self.counts["miss"] += 1
        self._keep(asked, headers, answer)
        return answer

    def _keep(self, asked: Asked, headers: dict[str, str], answer: Got) -> None:
        parts = (part.strip().partition("=") for part in answer.headers.get("cache-control", "").split(","))
        control = {name: value for name, _, value in parts}
        varied = [name.strip().lower() for name in answer.headers.get("vary", "").split(",") if name.strip()]
        if {"no-store", "private"} & set(control) or "*" in varied or answer.status not in (200, 203, 206, 404, 410):
            self.counts["not kept"] += 1
            return
        if "authorization" in headers and not {"public", "s-maxage", "must-revalidate"} & set(control):         # 3.5
            return
        age = 0 if "no-cache" in control else int(control.get("s-maxage") or control.get("max-age") or 0)
        selected_by = {name: headers.get(name) for name in varied}
        stored = self.kept[asked.url]
        stored[:] = [each for each in stored if each.selected_by != selected_by]
        stored.append(Kept(answer, selected_by, self.now + age))


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """The catalog, for whoever asks as often as this."""
    return serve(catalog=CATALOG, **GENEROUS)


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[tuple[str, str], str]:
    """What Alice and Bob ask with, by person and kind."""
    made: dict[tuple[str, str], str] = {}
    for person in ("alice", "bob"):
        server.prepare("account", "add", person, "--subject", f"a-{person.capitalize()}")
        for kind in ("api-token", "remote-auth", "gw2"):
            made[person, kind] = server.prepare("key", "add", "--account", person, "--kind", kind)["secret"]
    settle_s(lambda: server.get("/v2/account", params={"access_token": made["bob", "gw2"]}).status_code == 200)      # it was made last
    application = server.prepare("application", "add", "Reader", "--owner", "alice", "--type", "standalone")
    reader = {"application_id": application["application_id"], "id": 1}
    settle_s(lambda: bool(server.get("/kept/data/things/", params=reader).json()["status"] == "ok"))
    return {**made, ("alice", "application"): application["application_id"]}


def paths(keys: dict[tuple[str, str], str]) -> list[tuple[str, str | None]]:
    """Addresses in every dialect, each with whose key is in it."""
    mine, own = keys["alice", "application"], [("/v2/account", None)]
    for person in ("alice", "bob"):
        own += [(f"/v2/account?access_token={keys[person, 'gw2']}", person),
                (f"/api/account/get?api_token={keys[person, 'api-token']}", None),
                (f"/api/things/get?id=1&api_token={keys[person, 'api-token']}", None),
                *((f"/api/rest/data/{form}/things?limit=2&remote_auth={keys[person, 'remote-auth']}", None)
                  for form in ("json", "xml", "csv"))]
    public = ["/v2/things", "/v2/things/1", "/v2/things?ids=all", "/v2/things?ids=1,2", "/v2/things?ids=3,9",
              "/v2/things?page=0&page_size=2", "/v2/things?ids=all&price=1", "/v2/things?ids=all&cost=1", "/v2/things/9", "/v2.json",
              f"/kept/data/things/?application_id={mine}", f"/kept/data/things/?application_id={mine}&id=1,2&fields=id,cost",
              f"/kept/data/things/?application_id={mine}&id=2&fields=name,price"]
    return own + [(each, None) for each in public] * 4


def drawn(chance: random.Random, places: list[tuple[str, str | None]], keys: dict[tuple[str, str], str]) -> Asked:
    """A request: any address, with a version and a language by parameter or header or both, a format, a key, a coding."""
    url, who = chance.choice(places)
    for name, values in (("v", VERSIONS), ("lang", (None, None, None, "en", "de"))):
        value = chance.choice(values) if chance.random() < 0.3 else None
        url += f"{'&' if '?' in url else '?'}{name}={value}" if value is not None else ""
    person = chance.choice((None, None, "alice", "bob")) if url.startswith("/v2/") and "access_token" not in url else None
    headers = {
        "x-schema-version": chance.choice(VERSIONS) if chance.random() < 0.97 else NONSENSE,
        "accept-language": chance.choice(LANGUAGES), "accept": chance.choice(ACCEPTED),
        "accept-encoding": chance.choice((None, None, "gzip")), "authorization": f"Bearer {keys[person, 'gw2']}" if person else None,
    }
    chosen = {name: value for name, value in headers.items() if value is not None and chance.random() < 0.7}
    return Asked(url, who or (person if "authorization" in chosen else None), tuple(sorted(chosen.items())))


def told(answer: Got) -> tuple[Any, ...]:
    """What a client learns from an answer."""
    headers = (answer.headers.get(name) for name in ("content-type", "content-language", "x-schema-version", "link", "x-result-total"))
    return answer.status, _REQUEST_ID.sub(b"", answer.content), *headers


@pytest.mark.covers("G10")
def test_nobody_gets_what_was_asked_for_by_somebody_else(server: Server, keys: dict[tuple[str, str], str]) -> None:
    """Ten thousand requests through the cache, each answered as the server itself answers it."""
    chance = random.Random(20_240_601)
    places = paths(keys)
    direct: dict[Asked, tuple[Any, ...]] = {}
    with closing(Client(server.url)) as through, closing(Client(server.url)) as straight:
        cache = SharedCache(through)
        population = [drawn(chance, places, keys) for _ in range(900)]
        for _ in range(REQUESTS):
            asked = chance.choice(population)
            cache.now += chance.choice((0.0, 0.1, 0.5)) if chance.random() < 0.999 else 4_000.0
            answer = cache.ask(asked)
            if asked not in direct:
                plain = {name: value for name, value in asked.headers if name != "accept-encoding"}
                direct[asked] = told(straight.get(asked.url, plain))
            assert told(answer) == direct[asked], asked
            assert answer.headers.get("content-encoding", "identity") in ("identity", dict(asked.headers).get("accept-encoding")), asked
            for person in ("alice", "bob"):
                seen = re.search(rb"a-" + person.capitalize().encode(), answer.content)
                assert not seen or asked.who == person or keys[person, "api-token"] in asked.url, asked
    assert cache.counts["hit"] > 1_000, cache.counts
    assert cache.counts["renewed"] > 50, cache.counts
    assert len({each[4] for each in direct.values()}) > 4, "versions"
    assert len({each[2] for each in direct.values()}) > 2, "formats"
